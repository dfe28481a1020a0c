import Foundation

/// gnuplot's SVG made part of a page.
enum InlineSVG {
  /// - Parameters:
  ///   - svg: a whole document.
  ///   - name: goes in front of every id, so that no two figures of a page share one.
  ///   - title: what a screen reader says.
  static func element(from svg: String, name: String, title: String) -> String? {
    guard let start = svg.range(of: "<svg"), let end = svg.range(of: "</svg>", options: .backwards) else { return nil }
    var element = String(svg[start.lowerBound..<end.upperBound])
    for reference in [" id='", " id=\"", "href='#", "href=\"#", "url(#"] {
      element = element.replacing(reference, with: reference + name + "-")
    }
    // The page decides how wide it is.
    if let tag = element.range(of: ">") {
      let attributes = element[..<tag.lowerBound].replacing(/\s(width|height)="[0-9]+"/, with: "")
      element.replaceSubrange(..<tag.lowerBound, with: attributes + " role=\"img\"")
    }
    return element.replacing(/<title>[^<]*<\/title>/, with: "<title>\(HTMLText.escaped(title))</title>")
  }
}
