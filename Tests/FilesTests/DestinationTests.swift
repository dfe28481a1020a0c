import Foundation
import TestSupport
import Testing

@testable import Files

extension Files {
  @Suite("where results go")
  struct DestinationTests {
    private func destination(
      _ path: String, _ person: Person = Person(), patience: Double = 5
    ) throws(DestinationError) -> Destination {
      try Destination("--json", path, waiting: person.waiting(patience: patience))
    }

    private func refusal(_ path: String) -> String? {
      do throws(DestinationError) {
        _ = try destination(path)
        return nil
      } catch {
        return error.description
      }
    }

    @Test("looking leaves nothing, and what is there as it is")
    func looking() throws {
      let folder = try TemporaryFolder()
      let old = try folder.file("old", "before")
      #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
      for name in ["old", "new", "pipe"] { _ = try destination(folder.path(name)) }
      #expect(folder.names == ["old", "pipe"])
      #expect(try folder.text("old") == "before" && refusal(old) == nil)
    }

    @Test("what cannot be written is refused by the option's name")
    func refused() throws {
      let folder = try TemporaryFolder()
      let file = try folder.file("file", "")
      #expect(symlink("none/target", folder.path("dangling")) == 0)
      #expect(refusal(folder.path) == "--json \(folder.path): is a directory, not a file")
      #expect(refusal(folder.path("none/a")) == "--json \(folder.path)/none/a: there is no folder \(folder.path)/none")
      #expect(refusal(folder.path("none/")) == "--json \(folder.path)/none/: there is no such folder")
      #expect(refusal("\(file)/a") == "--json \(file)/a: Not a directory")
      #expect(refusal(folder.path("dangling"))?.hasSuffix("there is no folder \(folder.path)/none") == true)
      #expect(refusal("") == "--json : names no file")
      #expect(refusal("/dev/fd/999") == "--json /dev/fd/999: is not open for writing")
      #expect(refusal(folder.path(String(repeating: "n", count: 256)))?.hasSuffix("File name too long") == true)
    }

    @Test("a pipe's reader gets all of it, and hears nothing of the look before")
    func pipe() throws {
      let folder = try TemporaryFolder()
      let path = folder.path("pipe")
      #expect(mkfifo(path, 0o600) == 0)
      let reader = open(path, O_RDONLY | O_NONBLOCK)
      defer { close(reader) }
      let destination = try destination(path)
      var byte: UInt8 = 0
      // A reader whose last writer has gone reads an end, not "nothing yet".
      #expect(read(reader, &byte, 1) == -1 && errno == EAGAIN)
      let text = String(repeating: "x", count: 30_000)
      try destination.write(text)
      var bytes = [UInt8](repeating: 0, count: 65536)
      #expect(read(reader, &bytes, bytes.count) == 30_000)
      #expect(status(of: path)?.kind == S_IFIFO)
    }

    @Test("a pipe without a reader is waited for, said once, until a request to stop")
    func noReader() throws {
      let folder = try TemporaryFolder()
      #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
      let person = Person()
      let destination = try destination(folder.path("pipe"), person)
      Thread.detachNewThread {
        while person.notices.isEmpty { usleep(1000) }
        person.hasAsked.store(true, ordering: .relaxed)
      }
      let failure = #expect(throws: DestinationError.self) { try destination.write("text") }
      #expect(failure?.isStop == true)
      #expect(person.notices == ["--json \(folder.path)/pipe is a pipe that nobody reads: waiting for a reader"])
    }

    @Test("so is one whose reader takes nothing more")
    func sleepingReader() throws {
      let folder = try TemporaryFolder()
      let path = folder.path("pipe")
      #expect(mkfifo(path, 0o600) == 0)
      let reader = open(path, O_RDONLY | O_NONBLOCK)
      defer { close(reader) }
      let person = Person()
      let destination = try destination(path, person, patience: 0.2)
      Thread.detachNewThread {
        while person.notices.isEmpty { usleep(1000) }
        person.hasAsked.store(true, ordering: .relaxed)
      }
      let failure = #expect(throws: DestinationError.self) {
        try destination.write(String(repeating: "x", count: 1 << 20))
      }
      #expect(failure?.isStop == true && person.notices.count == 1)
    }

    @Test("a reader that has gone is an error, not a signal")
    func goneReader() throws {
      let folder = try TemporaryFolder()
      let path = folder.path("pipe")
      #expect(mkfifo(path, 0o600) == 0)
      let reader = open(path, O_RDONLY | O_NONBLOCK)
      let destination = try destination(path)
      close(reader)
      // As in a program: some runners of tests ignore it.
      let before = signal(SIGPIPE, SIG_DFL)
      defer { _ = signal(SIGPIPE, before) }
      let failure = #expect(throws: DestinationError.self) { try destination.write("text") }
      #expect(failure?.reason == "cannot be written: Broken pipe")
    }

    @Test("a socket's listener gets it")
    func socket() throws {
      let folder = try TemporaryFolder("s")
      let path = folder.path("s")
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      let listener = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
      defer { close(listener) }
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(bound == 0 && listen(listener, 1) == 0)
      try destination(path).write("text")
      let connection = accept(listener, nil, nil)
      defer { close(connection) }
      var bytes = [UInt8](repeating: 0, count: 16)
      #expect(read(connection, &bytes, bytes.count) == 4)
      #expect(status(of: path)?.kind == S_IFSOCK)
    }

    @Test("a device is written to, and stays", .enabled(if: geteuid() == 0, "only root makes devices"))
    func devices() throws {
      let folder = try TemporaryFolder()
      // The numbers of /dev/null and of /dev/full.
      for (name, number) in [("null", 3), ("full", 7)] as [(String, dev_t)] {
        guard mknod(folder.path(name), S_IFCHR | 0o666, 1 << 8 | number) == 0 else { continue }
        let destination = try destination(folder.path(name))
        if name == "null" {
          try destination.write("text")
        } else {
          let failure = #expect(throws: DestinationError.self) { try destination.write("text") }
          #expect(failure?.reason == "cannot be written: No space left on device")
        }
        #expect(status(of: folder.path(name))?.kind == S_IFCHR)
      }
      #expect(folder.names.allSatisfy { ["null", "full"].contains($0) })
    }

    @Test("a descriptor is written to where it stands, under all its names")
    func descriptors() throws {
      let folder = try TemporaryFolder()
      let path = try folder.file("file", "before\n")
      let descriptor = open(path, O_WRONLY | O_APPEND)
      defer { close(descriptor) }
      #expect(symlink("/dev/fd/\(descriptor)", folder.path("link")) == 0)
      for name in ["/dev/fd/\(descriptor)", "/proc/self/fd/\(descriptor)", folder.path("link")] {
        let destination = try destination(name)
        #expect(destination.identity == nil)
        try destination.write("\(name)\n")
      }
      #expect(
        try folder.text("file")
          == "before\n/dev/fd/\(descriptor)\n/proc/self/fd/\(descriptor)\n\(folder.path("link"))\n")
    }

    @Test("a stream goes on at the end of a file that was shortened or emptied meanwhile", arguments: [0, 3])
    func shortened(length: Int) throws {
      let folder = try TemporaryFolder()
      let path = try folder.file("stream", "of before")
      #expect(chmod(path, 0o640) == 0)
      let file = try GrowingFile(try destination(path), isEmptied: true)
      file.append("first\n")
      file.flush()
      #expect(truncate(path, off_t(length)) == 0)
      file.append("second\n")
      file.finish()
      #expect(file.failure == nil)
      #expect(try folder.text("stream") == "first\n".prefix(length) + "second\n")
      #expect(rights(path)?.mode == 0o640)
    }

    @Test("a stream past the limit on a file's size: an error, no signal, and all that was before")
    func streamTooLarge() throws {
      let folder = try TemporaryFolder()
      let file = try GrowingFile(try destination(folder.path("stream")), isEmptied: true)
      let line = String(repeating: "x", count: 999) + "\n"
      try limitingFiles(to: 100_500) { for _ in 0..<200 { file.append(line) } }
      file.append("later\n")
      file.finish()
      #expect(file.failure?.reason == "cannot be written: File too large")
      #expect(try folder.text("stream").count == 100_500)
    }

    @Test("the same file twice is refused, under whatever name")
    func distinct() throws {
      let folder = try TemporaryFolder()
      let input = try folder.file("below/input", "data")
      #expect(symlink("below/input", folder.path("soft")) == 0 && link(input, folder.path("hard")) == 0)
      #expect(symlink("below/new", folder.path("dangling")) == 0)
      func refusal(_ paths: [String]) throws -> String? {
        let outputs = try paths.map { try destination($0) }
        return message { try requireDistinct(outputs, inputs: [("--data", input)]) }
      }
      for path in [input, folder.path("soft"), folder.path("hard"), folder.path("below/../below/input")] {
        #expect(try refusal([path]) == "--json \(path): is the same file as --data \(input), and would overwrite it")
      }
      for paths in [["new", "below/../new"], ["below/new", "dangling"], ["./new", "new"]] {
        #expect(try refusal(paths.map(folder.path)) != nil, "\(paths)")
      }
      for paths in [["new", "below/new"], ["new", "new2"]] {
        #expect(try refusal(paths.map(folder.path)) == nil, "\(paths)")
      }
      #expect(try refusal(["/dev/null", "/dev/null"]) == nil)
    }

    @Test("a folder is made when it is written to, with those it lies in")
    func folders() throws {
      let folder = try TemporaryFolder()
      let page = try DestinationFolder(
        "--report", folder.path("a/b"), files: ["index.html"], folders: ["c"], waiting: Person().waiting())
      #expect(folder.names == [])
      try page.make("c")
      try write("text") { (bytes) throws(DestinationError) in try page.write(bytes, to: "index.html") }
      try write("more") { (bytes) throws(DestinationError) in try page.write(bytes, to: "c/d") }
      #expect(try folder.text("a/b/index.html") == "text" && folder.text("a/b/c/d") == "more")
    }

    @Test("a folder that cannot be had")
    func noFolder() throws {
      let folder = try TemporaryFolder()
      let file = try folder.file("file", "")
      try folder.file("page/index.html/inside", "")
      func refusal(_ path: String) -> String? {
        message { _ = try DestinationFolder("--report", path, files: ["index.html"], waiting: Person().waiting()) }
      }
      #expect(refusal(file) == "--report \(file): is not a folder")
      #expect(refusal("\(file)/below") == "--report \(file)/below: Not a directory")
      #expect(refusal(folder.path("page"))?.hasSuffix("page/index.html: is a directory, not a file") == true)
    }

    /// What was thrown, in words.
    private func message(_ body: () throws -> Void) -> String? {
      do {
        try body()
        return nil
      } catch {
        return "\(error)"
      }
    }
  }
}
