import Glibc

/// Makes this process another program, which has its environment, and the descriptors that are handed on.
///
/// - Parameter words: the program, a path or a name to look for in PATH, and its arguments.
/// - Returns: only where that cannot be: the system's reason.
public func becomeProgram(_ words: [String]) -> String {
  guard let program = words.first else { return String(cString: strerror(ENOENT)) }
  var arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
  execvp(program, &arguments)
  return String(cString: strerror(errno))
}
