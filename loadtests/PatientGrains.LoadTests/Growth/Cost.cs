using System.Diagnostics;
using PatientGrains.Host.Importing;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Growth;

/// <summary>What each of many did cost: processor time of the process, time of the clock, bytes allocated; and the slowest.</summary>
internal sealed record Cost(double CpuMicros, double WallMicros, double Bytes, double WorstMillis)
{
    /// <summary>Does work 0 to below a number, so many at a time.</summary>
    public static async Task<Cost> Of(int count, int lanes, Func<int, Task> work)
    {
        int next = 0;
        long worst = 0;
        GC.Collect();
        var before = Spent.UntilNow();
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next) - 1; i < count; i = Interlocked.Increment(ref next) - 1)
            {
                long begun = Stopwatch.GetTimestamp();
                await work(i);
                long took = Stopwatch.GetTimestamp() - begun;
                for (long seen = Volatile.Read(ref worst); took > seen;)
                    seen = Interlocked.CompareExchange(ref worst, took, seen) is var was && was == seen ? took : was;
            }
        })));
        var all = before.Round(count, Stopwatch.GetElapsedTime(start).TotalSeconds);
        return new Cost(all.CpuMicros, all.Micros, all.Allocated, worst * 1000.0 / Stopwatch.Frequency);
    }

    /// <summary>Submits what belongs in whole.</summary>
    /// <exception cref="InvalidDataException">It was rejected: no figure counts.</exception>
    public static async Task Taken(InProcessTarget target, byte[] body, string messageId)
    {
        var result = await target.Submit(new ImportItem(messageId, 0, body, messageId), default);
        if (result.Rejects.Count > 0)
            throw new InvalidDataException($"{messageId} was rejected: {result.Rejects[0].Message}");
    }

    /// <summary>Median of a few, in milliseconds, one after the other.</summary>
    public static async Task<double> Millis(int count, Func<int, Task> work)
    {
        var taken = new double[count];
        for (int i = 0; i < count; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            await work(i);
            taken[i] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }
        return Statistics.Median(taken);
    }
}
