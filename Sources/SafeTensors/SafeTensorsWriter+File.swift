import Files

extension SafeTensorsWriter {
  /// Writes the file so that `path` holds either its former content or all of the new one, also after a crash.
  ///
  /// - Throws: `SafeTensorsError`, where the operating system refuses a step; then `path` is unchanged unless it could be
  ///   replaced and only its folder not be synchronised.
  public func write(to path: String) throws(SafeTensorsError) {
    var failure: RegularFileError?
    serialize().withUnsafeBytes { bytes in
      do throws(RegularFileError) {
        try replaceRegularFile(path: path, with: bytes)
      } catch {
        failure = error
      }
    }
    if let failure { throw SafeTensorsError(failure, path: path) }
  }
}
