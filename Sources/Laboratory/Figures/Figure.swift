/// A figure of the page.
struct Figure {
  struct Size {
    var width: Int
    var height: Int
  }

  enum Shape {
    /// Two of them stand side by side.
    case half
    /// With this many rows of a bar's height.
    case wide(rows: Double)

    var isWide: Bool { if case .wide = self { true } else { false } }

    /// In px: margins and legend below a picture of fixed height.
    func size(legendRows: Int) -> Size {
      let legend = 23 * legendRows
      return switch self {
      case .half: Size(width: 480, height: 350 + legend)
      case .wide(let rows): Size(width: 960, height: 135 + legend + Int(22 * rows))
      }
    }
  }

  /// Of its files, and in front of its ids.
  let name: String
  let title: String
  let caption: String
  let size: Size
  let script: String

  var isWide: Bool { size.width > 480 }

  init(_ script: GnuplotScript, caption: String) {
    (name, title, size, self.script) = (script.name, script.title, script.size, script.text)
    self.caption = caption
  }
}
