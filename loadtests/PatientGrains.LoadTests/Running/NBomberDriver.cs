using NBomber.Contracts;
using NBomber.Contracts.Stats;
using NBomber.CSharp;

namespace PatientGrains.LoadTests.Running;

/// <summary>
/// Drives the same scenarios by NBomber, for those who have its reports, sinks and a licence. Written against the public API of NBomber
/// 6.7.0 as nbomber.com/docs describes it (scenario, load-simulation, nbomber-runner, reports). What stands beside a scenario has a run of
/// NBomber of its own. Where our runner times from when a request was due, NBomber times from when it began it, so that a stall hides
/// requests; and its open loop gives so many copies a second, not Poisson arrivals.
/// </summary>
internal static class Driver
{
    public const string Name = "NBomber";

    /// <summary>NBomber takes no load shorter than this.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static async Task<Measured> Run(IScenario scenario, Settings settings)
    {
        // A turn is one long measurement and no load that somebody could inject.
        if (scenario.Load is TurnsLoad)
            return await Runner.OnSystemClock(scenario);
        var ours = new Drive(new Contender(scenario.Name, scenario.Step));
        await ours.Go(scenario.Load, settings, scenario);
        var beside = scenario.Beside.Select(contender => new Drive(contender)).ToArray();
        foreach (var one in beside)
            await one.Go(scenario.Load, settings, null);
        await scenario.Settle();
        return new Measured(ours.Recorder, [.. beside.Select(one => one.Recorder)]);
    }

    private static LoadSimulation Simulated(Load load, bool counts) => load switch
    {
        OpenLoad { Arrivals: PoissonArrivals { PerSecond: var rate } } open => Simulation.InjectRandom(
            Math.Max(1, (int)(rate - (2 * Math.Sqrt(rate)))), (int)(rate + (2 * Math.Sqrt(rate))) + 1, Interval,
            Longer(counts ? open.For : open.WarmUp)),
        OpenLoad open => Simulation.Inject((int)open.Arrivals.PerSecond, Interval, Longer(counts ? open.For : open.WarmUp)),
        ClosedLoad closed => Simulation.KeepConstant(closed.Callers, Longer(counts ? closed.For : closed.WarmUp)),
        _ => throw new InvalidOperationException($"No simulation stands for {load}."),
    };

    private static TimeSpan Longer(TimeSpan time) => time > Shortest ? time : Shortest;

    /// <summary>One contender: its steps as a scenario of NBomber, and what they did in our figures' form.</summary>
    private sealed class Drive(Contender contender)
    {
        private readonly TimeProvider _clock = TimeProvider.System;
        private long _number = -1;
        private long _units;
        private long _lastDone;

        public Recorder Recorder { get; } = new(contender.Name, TimeProvider.System);

        /// <param name="load">How steps come.</param>
        /// <param name="settings">Where reports go.</param>
        /// <param name="prepares">Prepared when NBomber begins; null when that was done.</param>
        public async Task Go(Load load, Settings settings, IScenario? prepares)
        {
            await Task.Run(() => Bomb(load, settings, prepares, counts: false));
            for (int round = 0; round < load.Rounds; round++)
            {
                GC.Collect();
                var before = Spent.UntilNow();
                (_units, _lastDone) = (0, _clock.GetTimestamp());
                long begun = _lastDone;
                Recorder.Begin();
                await Task.Run(() => Bomb(load, settings, null, counts: true));
                Recorder.End(before.Round(_units, _clock.GetElapsedTime(begun, _lastDone).TotalSeconds));
            }
        }

        private void Bomb(Load load, Settings settings, IScenario? prepares, bool counts)
        {
            // Names of NBomber begin with a letter and become names of files.
            string name = string.Concat(contender.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
            var scenario = Scenario.Create(name, _ => Step(counts))
                .WithInit(_ => prepares?.Prepare(Recorder) ?? Task.CompletedTask)
                .WithoutWarmUp()
                .WithLoadSimulations(Simulated(load, counts));
            var context = NBomberRunner.RegisterScenarios(scenario).WithTestSuite("PatientGrains").WithTestName(name);
            context = counts && settings.Out is { } folder
                ? context.WithReportFolder(Path.Combine(folder, "nbomber", name))
                    .WithReportFormats(ReportFormat.Html, ReportFormat.Csv, ReportFormat.Txt, ReportFormat.Md)
                : context.WithoutReports();
            context.Run();
        }

        private async Task<IResponse> Step(bool counts)
        {
            long begun = _clock.GetTimestamp();
            Recorder.Attempted();
            try
            {
                var done = await contender.Step(new Arrival(Interlocked.Increment(ref _number), begun, counts));
                long now = _clock.GetTimestamp();
                Interlocked.Add(ref _units, done.Units);
                Volatile.Write(ref _lastDone, now);
                if (counts)
                    Recorder.Latency.Add(begun, now);
                return Response.Ok();
            }
            catch (Exception failed)
            {
                Recorder.Fail(failed.Message);
                return Response.Fail(message: failed.Message);
            }
        }
    }
}
