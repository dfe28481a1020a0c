import Glibc

/// In a rank that is about to become its program: makes the job's folder for shared memory on this host, or finds the one that a
/// neighbour has made, and holds it as long as the process lives.
///
/// - Throws: where what is there is another user's, or open to others.
public func enterJobFolder(_ path: String) throws(PrivateFolderError) { try JobFolders.enter(path) }

/// The folders of a job on this host, made and held by whoever starts it.
///
/// Each process of the job holds a shared lock on them, and the kernel lets go of it when the process ends, however it ends. So
/// what a dead job left is told from what a living one uses, whoever has the same process numbers.
struct JobFolders: Sendable {
  private let folders: [PrivateFolder]

  /// - Throws: where one cannot be made, or somebody else has made it.
  init(making place: JobPlace) throws(PrivateFolderError) {
    var made: [PrivateFolder] = []
    for path in place.folders {
      do {
        made.append(try PrivateFolder.held(making: path))
      } catch {
        made.forEach { $0.remove() }
        throw error
      }
    }
    folders = made
  }

  func remove() { folders.forEach { $0.remove() } }

  /// In a rank that is about to become its program: makes the folder for shared memory, or finds the one that a neighbour has
  /// made, and holds it as long as the process lives.
  ///
  /// - Throws: where what is there is another user's, or open to others.
  static func enter(_ path: String) throws(PrivateFolderError) {
    try PrivateFolder.held(path) { () throws(PrivateFolderError) in
      do {
        return try PrivateFolder(making: path)
      } catch {
        return try PrivateFolder(opening: path)
      }
    }.handOn()
  }

  /// Removes this user's folders of jobs that nothing is left of on this host: whoever should have done so was killed itself.
  static func removeOrphans(temporaryFiles: String) {
    for parent in ["/dev/shm", temporaryFiles] {
      for folder in PrivateFolder.all(in: parent, prefix: JobPlace.prefix) where folder.isNobodys { folder.remove() }
    }
  }
}
