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
        long done = 0;
        var all = Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(Caller)));
        try
        {
            await all.WaitAsync(duration + OpenLoop.LastAnswer, clock);
        }
        catch (TimeoutException)
        {
            to.Fail($"a caller had no answer {OpenLoop.LastAnswer.TotalSeconds} s after the end");
        }
        return (Volatile.Read(ref done), clock.GetElapsedTime(start).TotalSeconds);

        async Task Caller()
        {
            int failures = 0;
            for (long now = clock.GetTimestamp(); clock.GetElapsedTime(start, now) < duration && failures < Patience;)
            {
                long due = now;
                to.Attempted();
                try
                {
                    var step = await contender.Step(new Arrival(Interlocked.Increment(ref number), due, counts));
                    Interlocked.Add(ref done, step.Units);
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
        }
    }
}
