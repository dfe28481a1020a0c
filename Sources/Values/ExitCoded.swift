/// An error that decides the program's exit code. Others end it with 1.
public protocol ExitCoded: Error {
  var exitCode: Int32 { get }
}
