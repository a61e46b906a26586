using PatientGrains.LoadTests.Reporting;

namespace PatientGrains.LoadTests.Running;

/// <summary>
/// One thing that is measured: prepared once, stepped through as its <see cref="Load"/> says, cleaned up by disposing. Who drives the steps
/// is not the scenario's business, so another driver can run the same classes.
/// </summary>
internal interface IScenario : IAsyncDisposable
{
    /// <summary>Verb of the command line, and what figures of it are called; <c>group/variant</c> also answers to its group.</summary>
    string Name { get; }

    /// <summary>What a figure of it means, in a sentence.</summary>
    string Measures { get; }

    Load Load { get; }

    /// <summary>Makes ready whatever the steps need.</summary>
    /// <param name="own">Where the scenario notes what its driver cannot see: latencies of its own, remarks.</param>
    Task Prepare(Recorder own);

    /// <summary>One request, or one turn of many units. May run many times at once. A failure is an exception.</summary>
    ValueTask<Done> Step(Arrival arrival);

    /// <summary>Ends when what the steps set off has arrived, or is late enough to be missed. After the last step.</summary>
    Task Settle() => Task.CompletedTask;

    /// <summary>Floors and peers: measured in the same run, taking turns.</summary>
    IReadOnlyList<Contender> Beside => [];

    /// <summary>What is reported, with its thresholds.</summary>
    IEnumerable<Figure> Figures(Measured measured);
}

/// <summary>A request that is to come.</summary>
/// <param name="Number">0, 1, 2...; goes on from warming up to measuring.</param>
/// <param name="Due">Timestamp at which it is to come; latencies count from here.</param>
/// <param name="Counts">False while warming up.</param>
internal readonly record struct Arrival(long Number, long Due, bool Counts);

/// <summary>What a step did.</summary>
/// <param name="Units">How many of what is counted.</param>
/// <param name="Took">When it has parts that do not count; null when all of it does.</param>
internal readonly record struct Done(long Units, TimeSpan? Took = null)
{
    public static readonly Done One = new(1);
}

/// <summary>Another way to spend the same time.</summary>
internal sealed record Contender(string Name, Func<Arrival, ValueTask<Done>> Step);

/// <summary>What was seen of a scenario, and of what stood beside it, in the order in which it named them.</summary>
internal sealed record Measured(Recorder Ours, IReadOnlyList<Recorder> Beside)
{
    /// <summary>Median over the rounds of a quotient of two contenders in the same round.</summary>
    public static double Ratio(Recorder of, Recorder to, Func<Round, double> figure) =>
        Statistics.Median(of.Rounds.Zip(to.Rounds, (a, b) => figure(a) / figure(b)));
}
