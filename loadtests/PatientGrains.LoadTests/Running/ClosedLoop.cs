namespace PatientGrains.LoadTests.Running;

/// <summary>Callers that ask again as soon as they are answered.</summary>
internal sealed class ClosedLoop(TimeProvider clock)
{
    /// <summary>A caller that was failed so often gives up: no figure counts any more.</summary>
    private const int Patience = 10;

    public async Task<(long Units, double Seconds)> Run(
        int callers, TimeSpan duration, long firstNumber, bool counts, Contender contender, Recorder to)
    {
        var crowd = new Crowd(clock, contender, to, firstNumber, counts, duration);
        long start = clock.GetTimestamp();
        var all = Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => crowd.Caller(start))));
        try
        {
            await all.WaitAsync(duration + OpenLoop.LastAnswer, clock);
        }
        catch (TimeoutException)
        {
            to.Fail($"a caller had no answer {OpenLoop.LastAnswer.TotalSeconds} s after the end");
        }
        return (crowd.Units, clock.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>The callers of one run, who share one numbering.</summary>
    private sealed class Crowd(TimeProvider clock, Contender contender, Recorder to, long firstNumber, bool counts, TimeSpan duration)
    {
        private long _number = firstNumber - 1;
        private long _units;

        public long Units => Volatile.Read(ref _units);

        public async Task Caller(long start)
        {
            int failures = 0;
            for (long now = clock.GetTimestamp(); clock.GetElapsedTime(start, now) < duration && failures < Patience;)
            {
                long due = now;
                to.Attempted();
                try
                {
                    var done = await contender.Step(new Arrival(Interlocked.Increment(ref _number), due, counts));
                    Interlocked.Add(ref _units, done.Units);
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
