import RegularFiles

extension SafeTensorsWriter {
  /// Writes the file so that `path` holds either its former content or all of the new one, also after a crash.
  ///
  /// The bytes go to `path` + ".partial", reach the disk, and are renamed. One writer a path at a time.
  ///
  /// - Throws: `SafeTensorsError`, where the operating system refuses a step; then the partial file is removed, and
  ///   `path` is unchanged unless it could be replaced and only its folder not be synchronised.
  public func write(to path: String) throws(SafeTensorsError) {
    var failure: RegularFileError?
    serialize().withUnsafeBytes { bytes in
      do throws(RegularFileError) {
        try replaceRegularFile(path: path, with: bytes)
      } catch {
        failure = error
      }
    }
    guard let failure else { return }
    // Until it is renamed the partial file is what fails.
    let isPartial = failure.step == "created" || failure.step == "written"
    throw SafeTensorsError(failure, path: isPartial ? partialPath(of: path) : path)
  }
}
