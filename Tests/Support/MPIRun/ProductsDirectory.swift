import Foundation

/// Where the build put the programs: beside the test executable, in debug as in release.
///
/// - Throws: ``MPIRunError/notBuilt(program:directory:)`` if the program is not there.
public func builtProgram(_ name: String) throws -> String {
  // The link and not the first argument: a runner may have changed the directory meanwhile.
  let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  let directory = URL(fileURLWithPath: executable).deletingLastPathComponent()
  let program = directory.appendingPathComponent(name).path
  guard FileManager.default.isExecutableFile(atPath: program) else {
    throw MPIRunError.notBuilt(program: name, directory: directory.path)
  }
  return program
}

/// Where a command of the system is.
func systemProgram(_ name: String) throws -> String {
  let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
  for directory in path.split(separator: ":") {
    let program = "\(directory)/\(name)"
    if FileManager.default.isExecutableFile(atPath: program) { return program }
  }
  throw MPIRunError.notInstalled(program: name)
}
