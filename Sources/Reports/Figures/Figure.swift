/// A figure of the page.
struct Figure {
  struct Size {
    var width: Int
    var height: Int
    /// Two of them stand side by side.
    static let half = Size(width: 480, height: 360)
    static func wide(height: Int) -> Size { Size(width: 960, height: height) }
  }

  /// Of its files, and in front of its ids.
  let name: String
  let title: String
  let caption: String
  let size: Size
  let script: String

  init(name: String, title: String, caption: String, size: Size = .half, script: GnuplotScript) {
    self.name = name
    self.title = title
    self.caption = caption
    self.size = size
    self.script = script.text
  }
}
