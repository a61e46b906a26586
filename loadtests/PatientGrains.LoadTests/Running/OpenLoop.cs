namespace PatientGrains.LoadTests.Running;

/// <summary>
/// Sends requests when they are due, whatever the answers do. A latency counts from the time at which a request was due, never from when it
/// was sent, so that neither a slow answer nor a late generator hides a request that would have waited (no coordinated omission); how late
/// the generator was is recorded beside it.
/// </summary>
/// <param name="clock">Timestamps.</param>
/// <param name="rest">Waits for at least a while; the generator has a thread of its own, which may.</param>
internal sealed class OpenLoop(TimeProvider clock, Action<TimeSpan> rest)
{
    /// <summary>Past this a request fails instead of being sent: the rate is out of reach, and memory has an end.</summary>
    public const int MostOnTheirWay = 100_000;

    /// <summary>
    /// A request that has no answer so long after the last one was due has failed: longer than any machine stands still, since a late
    /// answer is told by its latency.
    /// </summary>
    public static readonly TimeSpan LastAnswer = TimeSpan.FromMinutes(3);

    /// <summary>No shorter rest is asked for: requests that fall within it come together.</summary>
    private static readonly TimeSpan Handful = TimeSpan.FromMilliseconds(1);

    /// <returns>Units done, and the seconds from the first due time to the last answer.</returns>
    public async Task<(long Units, double Seconds)> Run(
        IEnumerable<TimeSpan> times, TimeSpan duration, long firstNumber, bool counts, Contender contender, Recorder to)
    {
        var run = new Flight(clock, contender, to);
        long start = clock.GetTimestamp();
        // A thread of its own: the pool's may all be busy with answers.
        await Task.Factory.StartNew(
            () => Send(times, duration, firstNumber, counts, start, run), default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await run.Landed(LastAnswer);
        return (run.Units, clock.GetElapsedTime(start, run.LastDone).TotalSeconds);
    }

    private void Send(IEnumerable<TimeSpan> times, TimeSpan duration, long number, bool counts, long start, Flight run)
    {
        foreach (var time in times)
        {
            if (time >= duration)
                return;
            for (var wait = time - clock.GetElapsedTime(start); wait > TimeSpan.Zero; wait = time - clock.GetElapsedTime(start))
                rest(wait > Handful ? wait : Handful);
            long due = start + (long)((Int128)time.Ticks * clock.TimestampFrequency / TimeSpan.TicksPerSecond);
            run.Send(new Arrival(number++, due, counts));
        }
    }

    /// <summary>The requests of one run that have been sent.</summary>
    private sealed class Flight(TimeProvider clock, Contender contender, Recorder to)
    {
        private readonly TaskCompletionSource _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>One more than are on their way, until all were sent.</summary>
        private int _waiting = 1;
        private long _units;
        private long _lastDone = clock.GetTimestamp();

        public long Units => Volatile.Read(ref _units);
        public long LastDone => Volatile.Read(ref _lastDone);

        public void Send(Arrival arrival)
        {
            to.Attempted();
            if (Volatile.Read(ref _waiting) > MostOnTheirWay)
                to.Fail("not sent: too many requests on their way");
            else
                _ = One(arrival);
        }

        public async Task Landed(TimeSpan atMost)
        {
            Land();
            try
            {
                await _landed.Task.WaitAsync(atMost, clock);
            }
            catch (TimeoutException)
            {
                for (int i = Volatile.Read(ref _waiting); i > 0; i--)
                    to.Fail($"no answer within {atMost.TotalSeconds} s");
            }
        }

        private async Task One(Arrival arrival)
        {
            Interlocked.Increment(ref _waiting);
            if (arrival.Counts)
                to.Late.Add(arrival.Due, clock.GetTimestamp());
            try
            {
                var done = await contender.Step(arrival);
                long now = clock.GetTimestamp();
                Interlocked.Add(ref _units, done.Units);
                Volatile.Write(ref _lastDone, now);
                if (arrival.Counts)
                    to.Latency.Add(arrival.Due, now);
            }
            catch (Exception failed)
            {
                to.Fail(failed.Message);
            }
            Land();
        }

        private void Land()
        {
            if (Interlocked.Decrement(ref _waiting) == 0)
                _landed.TrySetResult();
        }
    }
}
