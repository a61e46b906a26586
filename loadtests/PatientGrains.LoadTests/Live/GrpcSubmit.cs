using PatientGrains.Core.Access;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Reading;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// Single observations over gRPC submit streams: validated, screened, encrypted, audited and durable before each is answered. Beside the
/// same stream with a server that does nothing, and beside bare inserts of the same bytes.
/// </summary>
internal sealed class GrpcSubmit(Bench bench, Load load) : IScenario
{
    /// <summary>Submissions/s of the open loop.</summary>
    public const double Rate = 5000;

    private readonly Hospital _hospital = new(bench.Settings.Inpatients, bench.Settings.Seed);
    private readonly List<IAsyncDisposable> _open = [];
    private Monitors? _monitors;
    private NoOpWire? _wire;
    private BareRows? _rows;
    private BareRows? _floor;

    public string Name => load is OpenLoad ? "grpc-submit/open" : "grpc-submit/closed";
    public string Measures =>
        $"single observations over {Monitors.Streams} gRPC submit streams, each durable, audited and screened when answered";
    public Load Load => load;

    /// <summary>Callers of a closed loop together: how many submissions are on their way at once.</summary>
    public static int Callers(Settings settings) => settings.Callers * 8;

    public IReadOnlyList<Contender> Beside =>
    [
        _wire!.Contender,
        new("floor: scanned, Brotli 1, AES-GCM, SHA-256, a row each", _floor!.Step),
        .. load is OpenLoad ? (Contender[])[] : [new("raw SQLite: the same bytes, a row each", _rows!.Step)],
    ];

    public async Task Prepare(Recorder own)
    {
        var server = await LiveServer.Start(bench, _hospital);
        _open.Add(server);
        _monitors = new Monitors(_hospital, server.Address, server.Login("load-monitor", Role.Integrator));
        _wire = await NoOpWire.Start(_hospital);
        _rows = new BareRows(bench.Settings, seals: false, Body);
        _floor = new BareRows(bench.Settings, seals: true, Body);
        _open.AddRange([_monitors, _wire, _rows, _floor]);
        own.Note($"{_hospital.Patients} patients, {_hospital.Whom}; {Body(0).Length} bytes each");
    }

    public ValueTask<Done> Step(Arrival arrival) => _monitors!.Send(arrival);

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var (ours, wire, floor) = (measured.Ours, measured.Beside[0], measured.Beside[1]);
        if (load is OpenLoad open)
        {
            yield return new Figure($"submit one observation, gRPC stream, open, {open.Arrivals}: p99", ours.Latency.P(0.99), "ms")
            {
                Also = ReadFigures.Rest(ours.Latency),
                Beside = $"the wire alone {Numbers.Text(wire.Latency.P(0.99))} ms, floor {Numbers.Text(floor.Latency.P(0.99))} ms",
                Ratio = ours.Latency.P(0.99) / floor.Latency.P(0.99),
                Tolerance = Figure.OfTails,
            };
            yield break;
        }
        yield return new Figure("submit single observations, gRPC stream, closed", ours.PerSecond, "/s")
        {
            Also = ReadFigures.Tail(ours.Latency),
            Beside = $"the wire alone {Numbers.Text(wire.PerSecond)}/s",
            Ratio = Measured.Ratio(ours, wire, round => round.PerSecond),
            Limits = [Limit.Above(20_000), Limit.Above(1_000, Weight.Guard)],
        };
        yield return new Figure("same, times slower than the floor", Measured.Ratio(floor, ours, round => round.PerSecond), "x")
        {
            Beside = $"floor {Numbers.Text(floor.PerSecond)}/s, raw SQLite {Numbers.Text(measured.Beside[2].PerSecond)}/s",
            Limits = [Limit.Below(3)],
        };
        yield return new Figure("same, processor time a submission, client included", ours.CpuMicros, "us")
        {
            Beside = $"the wire alone {Numbers.Text(wire.CpuMicros)}, floor {Numbers.Text(floor.CpuMicros)} us",
            Ratio = Measured.Ratio(ours, floor, round => round.CpuMicros),
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_open))
            await one.DisposeAsync();
    }

    private byte[] Body(long number) => Monitors.Body(_hospital, number);
}
