namespace PatientGrains.LoadTests.Running;

/// <summary>Callers that ask again as soon as they are answered.</summary>
internal sealed class ClosedLoop(TimeProvider clock)
{
    /// <summary>A caller that was failed so often gives up: no figure counts any more.</summary>
    private const int Patience = 10;

    public async Task<(long Units, double Seconds)> Run(
        int callers, TimeSpan duration, long firstNumber, bool counts, Contender contender, Recorder to)
    {
        long start = clock.GetTimestamp();
        long number = firstNumber - 1;
        long[] units = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(Caller)));
        return (units.Sum(), clock.GetElapsedTime(start).TotalSeconds);

        async Task<long> Caller()
        {
            long done = 0;
            int failures = 0;
            for (long now = clock.GetTimestamp(); clock.GetElapsedTime(start, now) < duration && failures < Patience;)
            {
                long due = now;
                to.Attempted();
                try
                {
                    done += (await contender.Step(new Arrival(Interlocked.Increment(ref number), due, counts))).Units;
                    now = clock.GetTimestamp();
                    if (counts)
                        to.Latency.Add(due, now);
                }
                catch (Exception failed)
                {
                    to.Fail(failed.Message);
                    failures++;
                    now = clock.GetTimestamp();
                }
            }
            return done;
        }
    }
}
