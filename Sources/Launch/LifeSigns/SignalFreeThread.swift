import Glibc

/// A thread that handles no signal: they stay with the threads that expect them.
struct SignalFreeThread: @unchecked Sendable {
  private let thread: pthread_t

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// - Returns: nil where the system has no thread left.
  init?(_ run: @escaping @Sendable () -> Void) {
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    // A thread begins with the mask of the one that makes it.
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let body = Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, body.toOpaque())
    guard code == 0 else {
      body.release()
      return nil
    }
    self.thread = thread
  }

  /// Waits for its end. Once.
  func join() { pthread_join(thread, nil) }

  /// Nobody will wait for its end. Once, instead of `join`.
  func detach() { pthread_detach(thread) }

  /// Whether it is the one that asks.
  var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }
}
