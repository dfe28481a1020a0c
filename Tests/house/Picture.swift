/// The picture: a level above the other as floors of a house, each group a part of its floor, each folder a room.
///
/// Letters are measured by a guess, since no font is at hand: the fonts that browsers take are narrower. Colours are the
/// picture's own, so that it reads on light pages and on dark ones.
func picture(of groups: [RoomGroup], _ package: PackageDescription) -> String {
  let libraries = Set(package.targets.filter { $0.type == "system-target" }.map(\.name))
  let levels = RoomGroup.levels.map { names in groups.filter { names.contains($0.heading) } }
  var svg = Drawing()
  let roof = 64
  var y = roof + 8
  for (index, floor) in levels.enumerated() {
    y += svg.draw(floor, libraries: libraries, at: y, colour: Drawing.colours[index]) + 8
  }
  svg.drawRoof(height: roof)
  return svg.document(height: y + 4)
}

struct Drawing {
  static let width = 1000
  /// Of a floor's ground, from the roof down.
  static let colours = ["#f6d9c9", "#f3e3b8", "#d5e5c6", "#cadff0", "#dcd3ee"]
  private static let (margin, gap, padding, narrowest) = (16, 8, 8, 100)
  private static let ink = "#1c2330"
  private static let faint = "#566072"
  private var elements: [String] = []

  /// Draws the groups of one level beside each other; a room with more to say is wider.
  ///
  /// - Returns: the level's height.
  mutating func draw(_ groups: [RoomGroup], libraries: Set<String>, at y: Int, colour: String) -> Int {
    let rooms = groups.map { group in group.rooms.filter { !libraries.contains($0.name) } }
    let all = rooms.joined()
    let free =
      Self.width - 2 * Self.margin - (groups.count - 1) * Self.gap - (all.count + groups.count) * Self.gap
      - all.count * Self.narrowest
    let letters = all.map(\.letters).reduce(0, +)
    let boxes = rooms.map { $0.map { Box($0, width: Self.narrowest + free * $0.letters / letters) } }
    let widths = boxes.map { $0.map(\.width).reduce(0, +) + ($0.count + 1) * Self.gap }
    let sentences = zip(groups, widths).map {
      wrapped($0.sentence.replacing("`", with: ""), width: $1 - 2 * Self.padding, size: 13)
    }
    let top = 30 + 17 * (sentences.map(\.count).max() ?? 0)
    let boxHeight = boxes.joined().map(\.height).max() ?? 0
    let height = top + boxHeight + Self.gap

    var x = Self.margin
    for (index, group) in groups.enumerated() {
      rectangle(x, y, widths[index], height, fill: colour, stroke: "none")
      text(group.heading, x + Self.padding, y + 20, size: 16, weight: "bold")
      for (line, sentence) in sentences[index].enumerated() {
        text(sentence, x + Self.padding, y + 38 + 17 * line, size: 13, colour: Self.faint)
      }
      let below = group.rooms.filter { libraries.contains($0.name) }.map { "\($0.name) (\($0.purpose))" }
      if !below.isEmpty {
        text(
          "over " + below.joined(separator: ", "), x + widths[index] - Self.padding, y + 20, size: 13,
          colour: Self.faint, anchor: "end")
      }
      var left = x + Self.gap
      for box in boxes[index] {
        draw(box, at: left, y + top, height: boxHeight)
        left += box.width + Self.gap
      }
      x += widths[index] + Self.gap
    }
    return height
  }

  private mutating func draw(_ box: Box, at x: Int, _ y: Int, height: Int) {
    rectangle(x, y, box.width, height, fill: "#ffffff", stroke: "#8d97a8")
    text(box.room.name, x + Self.padding, y + 20, size: 15, weight: "bold")
    var line = y + 20
    for (texts, colour) in [(box.purpose, Self.ink), (box.flow, "#9a3412"), (box.uses, Self.faint)] {
      for part in texts {
        line += 16
        text(part, x + Self.padding, line, size: 12.5, colour: colour)
      }
      line += 3
    }
  }

  mutating func drawRoof(height: Int) {
    let middle = Self.width / 2
    elements.append(
      "<path d=\"M\(Self.margin - 8) \(height)L\(middle) 6L\(Self.width - Self.margin + 8) \(height)Z\" fill=\"#8c3b2a\"/>"
    )
    text("ddp-train", middle, height - 22, size: 19, weight: "bold", colour: "#ffffff", anchor: "middle")
    text(
      "a folder uses only what stands beside it in its group, or lower", middle, height - 6, size: 13,
      colour: "#ffffff",
      anchor: "middle")
  }

  func document(height: Int) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(height)" \
    font-family="Helvetica, Arial, 'Liberation Sans', sans-serif">
    <title>The folders of Sources and what each may use</title>
    <rect width="\(Self.width)" height="\(height)" rx="10" fill="#fbfaf7"/>

    """ + elements.map { $0 + "\n" }.joined() + "</svg>\n"
  }

  private mutating func rectangle(_ x: Int, _ y: Int, _ width: Int, _ height: Int, fill: String, stroke: String) {
    elements.append(
      "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" rx=\"5\" fill=\"\(fill)\" stroke=\"\(stroke)\"/>"
    )
  }

  private mutating func text(
    _ text: String, _ x: Int, _ y: Int, size: Double, weight: String = "normal", colour: String = Drawing.ink,
    anchor: String = "start"
  ) {
    let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    elements.append(
      "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" font-weight=\"\(weight)\" fill=\"\(colour)\" "
        + "text-anchor=\"\(anchor)\">\(escaped)</text>")
  }
}

extension Room {
  /// How much there is to say.
  fileprivate var letters: Int { 20 + purpose.count + flow.count + uses.map(\.count).reduce(0, +) }
}

/// A room's texts, wrapped to its width.
private struct Box {
  let room: Room
  let width: Int
  let purpose: [String]
  let flow: [String]
  let uses: [String]

  init(_ room: Room, width: Int) {
    (self.room, self.width) = (room, width)
    let inner = width - 16
    purpose = wrapped(room.purpose.replacing("`", with: ""), width: inner, size: 12.5)
    flow = wrapped(room.flow, width: inner, size: 12.5)
    uses = wrapped(
      room.uses.isEmpty ? "uses no other" : "uses " + room.uses.joined(separator: ", "), width: inner, size: 12.5)
  }

  var height: Int { 20 + 16 * (purpose.count + flow.count + uses.count) + 14 }
}

/// Lines of at most `width`, cut between words.
private func wrapped(_ text: String, width: Int, size: Double) -> [String] {
  let most = Int(Double(width) / (size * 0.52))
  var lines: [String] = []
  for word in text.split(separator: " ") {
    if let last = lines.last, last.count + 1 + word.count <= most {
      lines[lines.count - 1] = "\(last) \(word)"
    } else {
      lines.append(String(word))
    }
  }
  return lines
}
