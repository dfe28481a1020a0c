import Synchronization

/// How often something has happened, seen from several threads.
final class Counter: Sendable {
  private let number = Atomic<Int>(0)
  var value: Int { number.load(ordering: .acquiring) }
  func add() { number.add(1, ordering: .acquiringAndReleasing) }
}

final class Flag: Sendable {
  private let isSet = Atomic<Bool>(false)
  var value: Bool { isSet.load(ordering: .acquiring) }
  func set() { isSet.store(true, ordering: .releasing) }
}

/// Lines that were said.
final class Said: Sendable {
  private let said = Mutex<[String]>([])
  var lines: [String] { said.withLock { $0 } }
  func add(_ line: String) { said.withLock { $0.append(line) } }
}

/// A value that several threads see.
final class Mutexed<Value: Sendable>: Sendable {
  private let stored: Mutex<Value>
  init(_ value: Value) { stored = Mutex(value) }
  var value: Value {
    get { stored.withLock { $0 } }
    set { stored.withLock { $0 = newValue } }
  }
}
