import Testing

@testable import Launch

@Suite("the order of events") struct EventOrderTests {
  private let heard: [SupervisionEvent] = [
    .channelOpened(host: "a", leader: 0), .begun(ranks: 2, step: 3), .signs([]), .ended(.done, code: 0),
    .channelClosed(host: "a", leader: 0),
  ]
  private let started = SupervisionEvent.started(process: 7, ranks: 2, hosts: 1)

  @Test("what ranks say before it is known that mpirun has started comes after that") func early() {
    var order = EventOrder()
    order.startBegins()
    #expect(heard.flatMap { order.take($0) } == [])
    #expect(order.take(.tick) == [.tick])
    #expect(order.take(.stopAsked) == [.stopAsked])
    #expect(order.take(started) == [started] + heard)
    #expect(heard.flatMap { order.take($0) } == heard)
  }

  @Test("of a start that failed nothing is kept") func failed() {
    var order = EventOrder()
    for end in [SupervisionEvent.startFailed(message: "no", code: 69), .exited(code: 1)] {
      order.startBegins()
      #expect(heard.flatMap { order.take($0) } == [])
      #expect(order.take(end) == [end])
      order.startBegins()
      #expect(order.take(started) == [started])
    }
  }
}
