// For stdout, which C declares a variable; nothing here ever assigns it.
@preconcurrency import Glibc
import Values

/// Prints lines. What comes from files, hosts or arguments cannot steer the terminal.
func print(_ text: String) { Swift.print(escaped(text, keepingLines: true)) }

/// Hands what was printed to the system now. Under mpirun standard output is buffered in blocks.
///
/// - Returns: why that, or an earlier write, failed; nil where all has arrived.
@discardableResult
func flushStandardOutput() -> String? {
  if fflush(stdout) != 0 { return String(cString: strerror(errno)) }
  return ferror(stdout) != 0 ? "what was printed is incomplete" : nil
}

/// Opens closed standard descriptors, so that no file opened later takes the place of standard output and
/// receives what is printed. They are opened for reading: writing to a closed output stays an error.
func reserveStandardDescriptors() {
  for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
    _ = open("/dev/null", O_RDONLY)
  }
}
