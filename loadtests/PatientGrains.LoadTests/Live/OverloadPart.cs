using PatientGrains.LoadTests.Reading;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>What was seen of the calm source's alerts in a part of a run with a flood.</summary>
/// <param name="Name">Of the part.</param>
/// <param name="Floods">Whether the flood was on.</param>
/// <param name="Clients">What the calm source and the subscribers saw.</param>
/// <param name="Server">What the server saw.</param>
/// <param name="ToAck">Microseconds of processor time that the server spent from when a value was sent to its acknowledgement.</param>
/// <param name="ToAll">The same, until every subscriber had the alert.</param>
internal sealed record OverloadPart(
    string Name, bool Floods, Recorder Clients, ServerPart Server, Histogram ToAck, Histogram ToAll)
{
    /// <summary>Of the calm source's process: what it waits for a core, not for the server.</summary>
    public const string Wire = "there and back on the wire alone";

    private Series Received => Clients.Of(Alarms.DueToReceived);

    public IEnumerable<Figure> Figures(OverloadPart? before)
    {
        yield return new Figure($"alarming value due to alert received, {Name}: p99", Received.P(0.99), "ms")
        {
            Also = ReadFigures.Rest(Received),
            Ratio = before is null ? null : Received.P(0.99) / before.Received.P(0.99),
            Beside = before is null ? "" : "before",
            Limits = Floods ? [Limit.Below(20), Limit.Below(2_000, Weight.Guard)] : [],
            Tolerance = Figure.OfTails,
        };
        yield return Acknowledged();
        yield return new Figure($"same, {Name}, processor time of the server from sent to received by all: p99", ToAll.At(0.99) / 1e3, "ms")
        {
            Also = $"p50 {Numbers.Text(ToAll.At(0.5) / 1e3)} ms; to acknowledged p50 {Numbers.Text(ToAck.At(0.5) / 1e3)} ms, "
                + $"p99 {Numbers.Text(ToAck.At(0.99) / 1e3)} ms",
            Tolerance = Figure.OfTails,
        };
    }

    private Figure Acknowledged()
    {
        var (answered, wire, late) = (Clients.Of(Alarms.SentToAck), Clients.Of(Wire), Clients.Of(Alarms.DueToSent));
        return new Figure($"same, {Name}, sent to acknowledged: p99", answered.P(0.99), "ms")
        {
            Also = $"p50 {Numbers.Text(answered.P(0.5))} ms; read by the server to answered p50 {Numbers.Text(Server.P50)} ms, "
                + $"p99 {Numbers.Text(Server.P99)} ms; its thread pool kept whatever came p50 {Numbers.Text(Server.PoolP50)} ms, "
                + $"p99 {Numbers.Text(Server.PoolP99)} ms; sent late p99 {Numbers.Text(late.P(0.99))} ms",
            Beside = $"{Wire} p50 {Numbers.Text(wire.P(0.5))} ms, p99 {Numbers.Text(wire.P(0.99))} ms",
            Ratio = answered.P(0.99) / wire.P(0.99),
            Tolerance = Figure.OfTails,
        };
    }
}
