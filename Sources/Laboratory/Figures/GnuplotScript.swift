import Schemas
import Values

/// A gnuplot script in the making: what all figures have in common, and safe ways to put text and numbers in.
struct GnuplotScript {
  let name: String
  let title: String
  private(set) var text: String
  /// In px at 96 dpi; also the size in print.
  let size: Figure.Size
  private var blocks = 0

  /// - Parameters:
  ///   - name: of the script's file and the SVG's, without extension.
  ///   - shape: of the picture without legend.
  ///   - title: ours, without marks that gnuplot would read.
  ///   - machine: named in the subtitle.
  ///   - entries: of the legend below the axis.
  init(name: String, shape: Figure.Shape = .half, title: String, machine: Machine, entries: Int) {
    self.init(name: name, shape: shape, title: title, subtitle: machine.inShort, entries: entries)
  }

  /// - Parameters:
  ///   - subtitle: any text.
  ///   - columns: of the legend; 1 where its entries are long.
  init(
    name: String, shape: Figure.Shape = .half, title: String, subtitle: String, entries: Int, columns: Int = 3
  ) {
    (self.name, self.title) = (name, title)
    let rows = (entries + columns - 1) / columns
    size = shape.size(legendRows: rows)
    text = """
      # gnuplot \(name).gp    draws \(name).svg anew.
      set encoding utf8
      set terminal svg size \(size.width),\(size.height) enhanced font 'Arial,13' background '#ffffff'
      set output '\(name).svg'
      set label 1 '{/:Bold \(title)}' at graph 0, graph 1 offset 0,1.9 left font 'Arial,14'
      set label 2 \(Self.quoted(subtitle, longest: size.width / 6)) noenhanced at graph 0, graph 1 offset 0,0.75 left font 'Arial,10.5' tc rgb '#444444'
      set tmargin 3.4
      set bmargin \(3.3 + 1.15 * Double(rows))
      set lmargin 8
      set rmargin 1.5
      set border 3 lc rgb '#222222' lw 1
      set tics nomirror out scale 0.6 noenhanced textcolor rgb '#000000'
      set xtics offset 0,0.35
      set xlabel offset 0,0.75
      set ylabel offset 0.8,0
      set grid ytics lt 1 lc rgb '#dddddd' lw 0.7
      set key bottom center vertical maxrows \(rows) Left reverse samplen 2.2 spacing 1.1 font 'Arial,12' noenhanced
      set key at screen 0.53, screen 0.012

      """
  }

  mutating func add(_ line: String) { text += line + "\n" }

  mutating func plot(_ parts: [String]) { text += "plot " + parts.joined(separator: ", \\\n     ") + "\n" }

  /// Adds rows of numbers; those with one that is not finite are left out.
  ///
  /// - Returns: the name to plot them by, or nil where no row is left.
  mutating func data(_ rows: [[Double]], comment: String) -> String? {
    let rows = rows.filter { $0.allSatisfy(\.isFinite) }
    guard !rows.isEmpty else { return nil }
    blocks += 1
    let name = "$data\(blocks)"
    add("# \(Self.plain(comment, longest: 200))")
    add("\(name) << EOD")
    for row in rows { add(row.map { "\($0)" }.joined(separator: " ")) }
    add("EOD")
    return name
  }

  /// A part of a plot: the line at a loss that was asked for.
  static func target(_ loss: Double) -> String {
    "\(loss) with lines lc rgb '#555555' lw 1.2 dt 2 title 'target \(significant(loss))'"
  }

  /// A string for gnuplot. Single quotation marks, within which it runs no commands; host and CPU names are not ours.
  static func quoted(_ text: String, longest: Int = 160) -> String {
    "'" + plain(text, longest: longest).replacing("'", with: "''") + "'"
  }

  /// On one line, without what XML cannot hold.
  private static func plain(_ text: String, longest: Int) -> String {
    let scalars = text.unicodeScalars.map { $0.isPrintable ? $0 : " " }
    var plain = String.UnicodeScalarView()
    plain.append(contentsOf: scalars)
    return plain.count <= longest ? String(plain) : String(plain.prefix(longest - 1)) + "…"
  }
}
