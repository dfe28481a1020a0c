import Foundation

/// A lock and a condition. Its limits are durations: a clock that is set changes nothing about them, unlike those of
/// `NSCondition`, which are times of day.
final class Monitor: @unchecked Sendable {
  // Unchecked: two pointers that never change, to what is made for many threads.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// With the lock.
  func broadcast() { pthread_cond_broadcast(condition) }

  /// Waits, with the lock, which others have meanwhile, while `isPending`.
  ///
  /// - Parameter seconds: the most it waits; nil for no limit.
  func wait(seconds: Int? = nil, while isPending: () -> Bool) {
    var limit = timespec()
    clock_gettime(CLOCK_MONOTONIC, &limit)
    limit.tv_sec += seconds ?? 0
    while isPending() {
      if seconds == nil {
        pthread_cond_wait(condition, mutex)
      } else if pthread_cond_timedwait(condition, mutex, &limit) == ETIMEDOUT {
        return
      }
    }
  }
}
