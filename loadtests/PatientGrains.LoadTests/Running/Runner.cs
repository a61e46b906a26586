namespace PatientGrains.LoadTests.Running;

/// <summary>Drives a scenario and what stands beside it, in turns, and hands back what was seen.</summary>
internal sealed class Runner(TimeProvider clock, Action<TimeSpan> rest)
{
    public static async Task<Measured> OnSystemClock(IScenario scenario)
    {
        using var gate = new ManualResetEvent(false);
        return await new Runner(TimeProvider.System, wait => gate.WaitOne(wait)).Run(scenario);
    }

    public async Task<Measured> Run(IScenario scenario)
    {
        var ours = new Recorder(scenario.Name, clock);
        await scenario.Prepare(ours);
        var all = new List<(Contender Contender, Recorder Recorder)> { (new Contender(scenario.Name, scenario.Step), ours) };
        all.AddRange(scenario.Beside.Select(beside => (beside, new Recorder(beside.Name, clock))));
        long number = 0;
        for (int round = 1 - WarmUps(scenario.Load); round <= scenario.Load.Rounds; round++)
        {
            for (int i = 0; i < all.Count; i++)
            {
                var (contender, recorder) = all[(Math.Abs(round) + i) % all.Count];
                long before = recorder.Attempts;
                await Round(scenario.Load, contender, recorder, number, counts: round > 0);
                number += recorder.Attempts - before;
            }
        }
        await scenario.Settle();
        return new Measured(ours, [.. all.Skip(1).Select(one => one.Recorder)]);
    }

    private static int WarmUps(Load load) => load switch
    {
        OpenLoad open => open.WarmUp > TimeSpan.Zero ? 1 : 0,
        ClosedLoad closed => closed.WarmUp > TimeSpan.Zero ? 1 : 0,
        _ => ((TurnsLoad)load).WarmUps,
    };

    private async Task Round(Load load, Contender contender, Recorder to, long number, bool counts)
    {
        GC.Collect();
        var before = Spent.UntilNow();
        to.Begin();
        var (units, seconds) = load switch
        {
            OpenLoad open => await new OpenLoop(clock, rest).Run(
                open.Arrivals.Times(), counts ? open.For : open.WarmUp, number, counts, contender, to),
            ClosedLoad closed => await new ClosedLoop(clock).Run(
                closed.Callers, counts ? closed.For : closed.WarmUp, number, counts, contender, to),
            _ => await Turn(contender, to, number, counts),
        };
        if (counts)
            to.End(before.Round(units, seconds));
    }

    /// <summary>One step; its failure ends the scenario, because a turn is a whole measurement.</summary>
    private async Task<(long Units, double Seconds)> Turn(Contender contender, Recorder to, long number, bool counts)
    {
        to.Attempted();
        long start = clock.GetTimestamp();
        var done = await Task.Run(async () => await contender.Step(new Arrival(number, start, counts)));
        return (done.Units, (done.Took ?? clock.GetElapsedTime(start)).TotalSeconds);
    }
}
