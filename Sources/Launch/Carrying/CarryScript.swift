/// What is run for `Carrier`, here and on other hosts: lines for a POSIX shell, with the tools of GNU or busybox.
enum CarryScript {
  /// Fills this host's own folder. $1 the program, $2 ddp-launch, $3 the folder with data and configs, which may be empty. Prints the
  /// folder's path.
  static let stage = oneLine(
    cache,
    "set -e; umask 077; mkdir -p \"$cache\";",
    "new=$(mktemp -d \"$cache/.carrying-XXXXXX\"); trap 'rm -rf \"$new\"' EXIT;",
    "mkdir -p \"$new/bin\" \"$new/share/ddp-train\";",
    "cp \"$1\" \"$new/bin/ddp-train\"; cp \"$2\" \"$new/bin/ddp-launch\";",
    "for file in \"$1\"-for-*; do [ ! -f \"$file\" ] || cp \"$file\" \"$new/bin/\"; done;",
    "for part in data configs; do",
    "[ -z \"$3\" ] || [ ! -d \"$3/$part\" ] || cp -R \"$3/$part\" \"$new/share/ddp-train/\"; done;",
    "cd \"$new\";",
    "find . -type f ! -name .sums | LC_ALL=C sort | while IFS= read -r file; do sha256sum \"$file\"; done >.sums;",
    "mv .sums SHA256SUMS; touch carried;",
    "hash=$(sha256sum <SHA256SUMS); hash=${hash%% *};",
    "if [ -e \"$cache/$hash/carried\" ] && (cd \"$cache/$hash\" && sha256sum -c SHA256SUMS >/dev/null 2>&1); then :;",
    "else rm -rf \"$cache/$hash\"; mv \"$new\" \"$cache/$hash\"; fi;",
    "echo \"$cache/$hash\"")

  /// $1 the hash: prints whether this host has it, whole, and the folder's path.
  static let look = oneLine(
    cache,
    "if [ -e \"$cache/$1/carried\" ] && cd \"$cache/$1\" && sha256sum -c SHA256SUMS >/dev/null 2>&1;",
    "then state=carried; else state=lacking; fi;",
    "printf '%s %s\\n' \"$state\" \"$cache/$1\"")

  /// $1 the hash: takes the folder from standard input. Hosts that share it may all do so at once.
  static let take = oneLine(
    cache,
    "set -e; umask 077; mkdir -p \"$cache\";",
    "new=$(mktemp -d \"$cache/.carrying-XXXXXX\"); trap 'rm -rf \"$new\"' EXIT;",
    "tar -xf - -C \"$new\"; cd \"$new\"; sha256sum -c SHA256SUMS >/dev/null;",
    "rm -rf \"$cache/$1\"; mv \"$new\" \"$cache/$1\" || [ -e \"$cache/$1/carried\" ]")

  /// $1 the folder, then the words that take it.
  static let send = "folder=$1; shift; tar -C \"$folder\" -cf - . | \"$@\""

  /// Removes each folder that was carried here, and nothing else. Prints how many.
  static let remove = oneLine(
    cache,
    "count=0; for folder in \"$cache\"/*; do name=${folder##*/};",
    "if [ ${#name} = 64 ] && [ -e \"$folder/carried\" ] && [ -e \"$folder/SHA256SUMS\" ];",
    "then rm -rf \"$folder\" && count=$((count + 1)); fi; done;",
    "rmdir \"$cache\" 2>/dev/null; echo \"$count\"")

  /// The folder of all that is carried.
  private static let cache = "cache=${HOME:?}/.cache/ddp-train;"

  /// A newline in a quoted word would be another shell's affair.
  private static func oneLine(_ parts: String...) -> String { parts.joined(separator: " ") }

  static func isHash(_ text: some StringProtocol) -> Bool { text.utf8.count == 64 && text.allSatisfy(\.isHexDigit) }
}
