import ArgumentParser

/// An option's value as it was given on the command line. `OptionResolver` makes a number of it, in the same way as of a
/// value in a configuration file.
struct Given: ExpressibleByArgument, ExpressibleByStringLiteral {
  let text: String

  init(argument: String) { text = argument }
  init(stringLiteral text: String) { self.text = text }

  var defaultValueDescription: String { text }
}
