using System.Globalization;
using PatientGrains.LoadTests.Reporting;

namespace PatientGrains.LoadTests.Live;

/// <summary>What became of what a flooding source sent.</summary>
internal sealed record OverloadTally
{
    private int Before { get; init; }
    private int Taken { get; init; }
    private string Failure { get; init; } = "";

    public int Refused { get; init; }

    /// <summary>Acknowledged, and not there.</summary>
    public int Lost { get; init; }

    /// <summary>Refused, and there.</summary>
    public int Written { get; init; }

    /// <summary>Begun or ended, and what its process said then.</summary>
    public OverloadTally After(bool flows, string said)
    {
        string[] words = said.Split(' ', 2);
        int acknowledged = int.Parse(words[0], CultureInfo.InvariantCulture);
        return flows ? this with { Before = acknowledged } : this with { Taken = acknowledged - Before, Failure = Failure + words[1] };
    }

    /// <summary>Submissions/s: with fewer, something else kept the cores, it was no flood, and the run shows nothing.</summary>
    private static readonly Limit IsFlood = Limit.Above(1_000);

    /// <param name="last">The last flood: its seconds, and the seconds of processor time that the server spent in it.</param>
    public IEnumerable<Figure> Figures((double Seconds, double Spent) last)
    {
        yield return new Figure("what the flooding source was taken", Taken / last.Seconds, "/s")
        {
            Also = $"{Numbers.Text(last.Spent * 1e6 / Math.Max(1, Taken))} us of the server's processor each, all that it did meanwhile "
                + $"included, {Numbers.Text(last.Spent / last.Seconds)} cores busy; {Refused:N0} refused, warming up included",
            Limits = [IsFlood],
        };
        yield return new Figure("acknowledged and lost, refused and written, failed", Lost + Written + (Failure.Length > 0 ? 1 : 0), "")
        {
            Also = $"lost {Lost}, written {Written}{(Failure.Length > 0 ? "; failed: " + Failure : "")}",
            Limits = [Limit.Below(0, Weight.Always)],
        };
    }
}
