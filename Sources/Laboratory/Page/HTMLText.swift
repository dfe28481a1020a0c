import Foundation
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

/// gnuplot's SVG made part of a page.
enum InlineSVG {
  /// - Parameters:
  ///   - svg: a whole document.
  ///   - name: goes in front of every id, so that no two figures of a page share one.
  ///   - title: what a screen reader calls it.
  ///   - description: what it says of it then.
  static func element(from svg: String, name: String, title: String, description: String) -> String? {
    guard let start = svg.range(of: "<svg"), let end = svg.range(of: "</svg>", options: .backwards) else { return nil }
    var element = String(svg[start.lowerBound..<end.upperBound])
    for reference in [" id='", " id=\"", "href='#", "href=\"#", "url(#"] {
      element = element.replacing(reference, with: reference + name + "-")
    }
    // The page decides how wide it is.
    if let tag = element.range(of: ">") {
      let attributes = element[..<tag.lowerBound].replacing(/\s(width|height)="[0-9]+"/, with: "")
      let labels = " role=\"img\" aria-labelledby=\"\(name)-title \(name)-desc\""
      element.replaceSubrange(..<tag.lowerBound, with: attributes + labels)
    }
    let words = (title: HTMLText.escaped(title), description: HTMLText.escaped(description))
    // The first title is the picture's; gnuplot's other ones are names of its data.
    return element.replacing(
      /<title>[^<]*<\/title>/, with: "<title id=\"\(name)-title\">\(words.title)</title>", maxReplacements: 1
    )
    .replacing(/<title>[^<]*<\/title>/, with: "")
    .replacing(/<desc>[^<]*<\/desc>/, with: "<desc id=\"\(name)-desc\">\(words.description)</desc>", maxReplacements: 1)
  }
}
