import Mustache
import Values

/// Text in HTML. By code point: the library's own goes by whole characters, and takes "<" with an accent for another.
struct HTMLText: MustacheContentType {
  func escapeText(_ text: String) -> String { Self.escaped(text) }

  static func escaped(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
      case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
      case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
      case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
      case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
      case "\n": escaped.append(scalar)
      case _ where scalar.isPrintable: escaped.append(scalar)
      default: escaped.append(contentsOf: Values.escaped(String(scalar)).unicodeScalars)
      }
    }
    return String(escaped)
  }

  /// A template whose `{{name}}` is escaped by this type.
  static func template(_ text: String) throws -> MustacheTemplate {
    MustacheContentTypes.register(HTMLText(), named: "REPORT")
    return try MustacheTemplate(string: "{{% CONTENT_TYPE:REPORT}}" + text)
  }
}
