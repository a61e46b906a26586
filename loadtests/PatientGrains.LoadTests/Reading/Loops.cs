using System.Diagnostics;

namespace PatientGrains.LoadTests.Reading;

/// <summary>What a loop saw; latencies in milliseconds.</summary>
internal sealed record LoopResult(double PerSecond, double P50, double P99, double Max)
{
    public static LoopResult Of(List<long> ticks, double seconds)
    {
        ticks.Sort();
        double At(double share) => ticks[Math.Min(ticks.Count - 1, (int)(share * ticks.Count))] * 1000.0 / Stopwatch.Frequency;
        return new LoopResult(ticks.Count / seconds, At(0.5), At(0.99), At(1));
    }

    public override string ToString() => FormattableString.Invariant(
        $"{PerSecond,9:N0} /s  p50 {P50,7:F2} ms  p99 {P99,7:F2} ms  max {Max,7:F2} ms");
}

/// <summary>Callers that ask again as soon as they are answered (closed), and callers that come at their own time, answered or not
/// (open).</summary>
internal static class Loops
{
    public static async Task<LoopResult> Closed(int callers, double seconds, Func<int, Task> ask)
    {
        long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        int next = 0;
        long before = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var ticks = new List<long>();
            for (long now = Stopwatch.GetTimestamp(); now < end;)
            {
                await ask(Interlocked.Increment(ref next));
                long then = now;
                now = Stopwatch.GetTimestamp();
                ticks.Add(now - then);
            }
            return ticks;
        })));
        return LoopResult.Of([.. all.SelectMany(ticks => ticks)], Stopwatch.GetElapsedTime(before).TotalSeconds);
    }

    /// <summary>
    /// Arrivals come evenly, a handful every millisecond, whatever the answers do. A latency counts from the moment at which the request
    /// was to come, so that
    /// requests that a slow answer holds up are not forgotten; how late the generator itself was is in it too.
    /// </summary>
    public static async Task<LoopResult> Open(int rate, double seconds, Func<int, Task> ask)
    {
        int count = (int)(rate * seconds);
        var asked = new Task<long>[count];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count;)
        {
            int due = Math.Min(count, (int)((Stopwatch.GetTimestamp() - start) * rate / Stopwatch.Frequency));
            for (; i < due; i++)
                asked[i] = One(ask, i, start + (i * Stopwatch.Frequency / rate));
            await timer.WaitForNextTickAsync();
        }
        long[] ticks = await Task.WhenAll(asked);
        return LoopResult.Of([.. ticks], seconds);
    }

    private static async Task<long> One(Func<int, Task> ask, int number, long due)
    {
        await ask(number);
        return Stopwatch.GetTimestamp() - due;
    }
}
