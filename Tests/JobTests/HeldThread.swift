import Foundation
import MPIRunSupport

/// A thread of a running job that gets no further until it is let go, like one that waits for a disk.
struct HeldThread {
  private let thread: pid_t
  private let ptrace: Ptrace

  /// Its arguments are words, and Swift calls no C function of variable arguments.
  private typealias Ptrace = @convention(c) (Int, Int, Int, Int) -> Int
  private static let (detach, seize, interrupt) = (17, 0x4206, 0x4207)

  /// Let go on the same thread.
  ///
  /// - Throws: `MPIRunError` where there is no thread of this name, or it cannot be held.
  init(named name: String, of process: pid_t) throws {
    guard let symbol = dlsym(nil, "ptrace") else { throw MPIRunError.notInstalled(program: "ptrace") }
    ptrace = unsafeBitCast(symbol, to: Ptrace.self)
    let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").compactMap { pid_t($0) }
    let found = tasks.first {
      FileManager.default.contents(atPath: "/proc/\(process)/task/\($0)/comm") == Data("\(name)\n".utf8)
    }
    guard let found else { throw MPIRunError.neverHappened("process \(process) has a thread \(name)") }
    thread = found
    guard ptrace(Self.seize, Int(thread), 0, 0) == 0, ptrace(Self.interrupt, Int(thread), 0, 0) == 0 else {
      throw MPIRunError.system("ptrace", errno)
    }
    var status: CInt = 0
    guard waitpid(thread, &status, 0x4000_0000) == thread else { throw MPIRunError.system("waitpid", errno) }
  }

  func letGo() throws {
    guard ptrace(Self.detach, Int(thread), 0, 0) == 0 else { throw MPIRunError.system("ptrace", errno) }
  }
}
