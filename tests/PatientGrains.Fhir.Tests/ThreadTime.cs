using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PatientGrains.Fhir.Tests;

/// <summary>
/// What work costs: processor time of the thread that does it, of which a thread that stands still has none; elsewhere than on Linux the
/// time that passes. Even so a core may be shared and a collection may fall into it: so the shortest of several counts, and whoever
/// compares goes on until the bound holds or <see cref="Patience"/> is over.
/// </summary>
internal static class ThreadTime
{
    private const int ThreadClock = 3;

    /// <summary>What costs too much does so all the time; what does not needs one quiet moment within this.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Time
    {
        public readonly long Seconds, Nanoseconds;
    }

    public static TimeSpan Of(Action work)
    {
        var before = UntilNow();
        work();
        return UntilNow() - before;
    }

    /// <summary>Measures again and again, until what was measured is good enough or patience is over.</summary>
    /// <param name="least">Rounds that there are at least.</param>
    /// <param name="measure">One round.</param>
    /// <param name="isEnough">Asked after each.</param>
    public static void Until(int least, Action measure, Func<bool> isEnough)
    {
        long begun = Stopwatch.GetTimestamp();
        do
            measure();
        while (--least > 0 || (!isEnough() && Stopwatch.GetElapsedTime(begun) < Patience));
    }

    private static TimeSpan UntilNow()
    {
        if (!OperatingSystem.IsLinux())
            return Stopwatch.GetElapsedTime(0);
        if (clock_gettime(ThreadClock, out var time) != 0)
            throw new NotSupportedException("The processor time of a thread is not told.");
        return TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick));
    }

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out Time time);
}
