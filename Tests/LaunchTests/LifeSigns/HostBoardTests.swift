import Glibc
import Testing

@testable import Launch

@Suite("the board of a host") struct HostBoardTests {
  private let parent: ShortFolder
  private let token = SignToken()
  private let host = SignHost(name: "a", rank: 4, ranks: 8)
  private static let second = 1_000_000_000

  init() throws { parent = try ShortFolder() }

  private var path: String { HostBoard.path(token, leader: 4, parent: parent.path) }

  private func entry(_ rank: Int, step: Int = 0, since: Int = 0) -> HostBoard.Entry {
    HostBoard.Entry(rank: rank, process: Int32(100 + rank), step: step, stage: .exchanging, since: since)
  }

  @Test("shows all ranks what each has written") func shared() throws {
    let made = try HostBoard(making: path, count: 3)
    let opened = try HostBoard(opening: path, count: 3)
    for index in 0..<3 { #expect(made.read(index) == nil) }
    opened.write(entry(6, step: 1 << 41, since: 9), at: 2)
    made.write(entry(4, step: 2), at: 0)
    #expect(made.read(2)?.entry == entry(6, step: 1 << 41, since: 9))
    #expect(opened.read(0)?.entry == entry(4, step: 2))
    #expect(made.read(1) == nil)
    let beat = try #require(made.read(2)?.beat)
    opened.write(entry(6, step: 1 << 41, since: 9), at: 2)
    #expect(made.read(2)?.beat == beat + 2)
  }

  @Test("has no entry beyond its ranks") func bounds() throws {
    let board = try HostBoard(making: path, count: 1)
    board.write(entry(5), at: 1)
    board.write(entry(5), at: -1)
    #expect(board.read(1) == nil && board.read(-1) == nil && board.read(0) == nil)
  }

  @Test("is missing until it is made, and its name tells no secret") func names() throws {
    let error = #expect(throws: PrivateFolderError.self) { try HostBoard(opening: path, count: 2) }
    #expect(error?.isMissing == true)
    #expect(!path.contains(token.digits.suffix(32)))
    try #require(mkdir(path, 0o700) == 0)
    let unfinished = #expect(throws: PrivateFolderError.self) { try HostBoard(opening: path, count: 2) }
    #expect(unfinished?.isMissing == true)
  }

  @Test("of another number of ranks, or reached through a link, is refused") func otherBoards() throws {
    let board = try HostBoard(making: path, count: 2)
    let error = #expect(throws: PrivateFolderError.self) { try HostBoard(opening: path, count: 3) }
    #expect(error?.reason == "its file is not the board of 3 ranks")
    #expect(error?.isMissing == false)
    try #require(rename("\(path)/board", "\(path)/other") == 0 && symlink("other", "\(path)/board") == 0)
    #expect(throws: PrivateFolderError.self) { try HostBoard(opening: path, count: 2) }
    board.folder.remove()
    #expect(parent.names.isEmpty)
  }

  @Test("in a folder that is somebody else's is refused", .enabled(if: geteuid() == 0, "only root gives away"))
  func otherUser() throws {
    try #require(mkdir(path, 0o777) == 0 && chown(path, 65534, 65534) == 0)
    let making = #expect(throws: PrivateFolderError.self) { try HostBoard(making: path, count: 2) }
    #expect(making?.description.contains("\(path): belongs to user 65534") == true)
    let opening = #expect(throws: PrivateFolderError.self) { try HostBoard(opening: path, count: 2) }
    #expect(opening?.isMissing == false)
  }

  @Test("a job's boards are removed, and no other's") func removal() throws {
    for leader in [0, 4] {
      _ = try HostBoard(making: HostBoard.path(token, leader: leader, parent: parent.path), count: 1)
    }
    let other = try HostBoard(making: HostBoard.path(SignToken(), leader: 0, parent: parent.path), count: 1)
    HostBoard.removeAll(token, parent: parent.path)
    #expect(parent.names.map { "\(parent.path)/\($0)" } == [other.folder.path])
  }

  // MARK: - Silence

  @Test("a rank that stops is silent for as long as it has not beaten, and not once it does again")
  func silence() throws {
    let board = try HostBoard(making: path, count: 3)
    let second = Self.second
    var reader = BoardReader(board, silence: 5 * second, interval: second, now: 0)
    let none = reader.signs(of: host, now: 0)
    #expect(none.isEmpty)
    board.write(entry(4), at: 0)
    board.write(entry(5, step: 3), at: 1)
    for time in 1...20 {
      board.write(entry(4, step: time, since: time * second), at: 0)
      let signs = reader.signs(of: host, now: time * second)
      #expect(signs.map(\.rank) == [4, 5])
      #expect(signs[0].step == time && signs[0].seconds == 0 && signs[0].silentFor == 0)
      #expect(signs[1].step == 3 && signs[1].seconds == time && signs[1].process == 105 && signs[1].host == "a")
      #expect(signs[1].silentFor == (time - 1 < 5 ? 0 : time - 1))
    }
    board.write(entry(5, step: 3), at: 1)
    let again = reader.signs(of: host, now: 21 * second)
    #expect(again.map(\.silentFor) == [0, 0])
  }

  @Test("time in which the reader itself was stopped is nobody's silence") func ownSleep() throws {
    let board = try HostBoard(making: path, count: 1)
    let second = Self.second
    var reader = BoardReader(board, silence: 5 * second, interval: second, now: 0)
    board.write(entry(4), at: 0)
    _ = reader.signs(of: host, now: second)
    let silences = [100, 101, 102, 103, 104].map { time in
      reader.signs(of: host, now: time * second).map(\.silentFor)
    }
    // Of the sleep, two seconds count.
    #expect(silences == [[0], [0], [0], [5], [6]])
  }

  @Test("a rank that the job does not have is left out") func wrongRank() throws {
    let board = try HostBoard(making: path, count: 1)
    var reader = BoardReader(board, silence: 5, interval: 1, now: 0)
    board.write(entry(8), at: 0)
    let signs = reader.signs(of: host, now: 0)
    #expect(signs.isEmpty)
  }

  @Test("what is read is never a mixture of two entries") func consistency() throws {
    let board = try HostBoard(making: path, count: 1)
    let isRead = Flag()
    let thread = try #require(
      SignalFreeThread {
        var number = 0
        while !isRead.value {
          number += 1
          board.write(HostBoard.Entry(rank: number, process: 1, step: number, stage: .computing, since: number), at: 0)
        }
      })
    var seen = 0
    while seen < 20_000 {
      guard let entry = board.read(0)?.entry else { continue }
      seen += 1
      guard entry.rank == entry.step, entry.rank == entry.since else {
        Issue.record("\(entry)")
        break
      }
    }
    isRead.set()
    thread.join()
  }
}
