/// How many seconds other programs may take.
struct CallLimits: Sendable {
  /// To say their version, which may have to come from a file server first.
  var version = 10.0
  /// For a host to say what it has: versions, and hashes of its programs.
  var inventory = 30.0
  /// For a sign that a host answers, or is well. ssh itself notices one that is gone after 4 to 6 s.
  var state = 8.0
  /// For the removal of what is left of a job on a host, where it is tried for 10 s.
  var sweep = 15.0
  /// To bring a host all programs, over a slow network too.
  var carry = 900.0
}
