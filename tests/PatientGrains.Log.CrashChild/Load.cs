using System.Text;

namespace PatientGrains.Log.CrashChild;

/// <summary>
/// Several patients and two directory logs, each written by several requests at once; some decisions have many events, some are
/// transactions over a patient and a directory log.
/// </summary>
internal sealed class Load(IPatientLog log, KeyRing ring, string run, int decisions)
{
    private const int Patients = 6;
    private const int RequestsPerPatient = 3;
    /// <summary>A log that stays shut is not asked for ever, unless there is somebody who ends this.</summary>
    private const int MostFailures = 20_000;

    private static readonly Stream Output = Console.OpenStandardOutput();
    private readonly IPatientLog _log = log;
    private readonly KeyRing _ring = ring;
    private readonly int _mostFailures = decisions == int.MaxValue ? int.MaxValue : MostFailures;
    /// <summary>A server that comes back needs the processor itself.</summary>
    private readonly TimeSpan _retryAfter = TimeSpan.FromMilliseconds(decisions == int.MaxValue ? 20 : 2);
    private int _done;
    private int _failures;

    public static void Say(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        lock (Output)
            Output.Write(bytes);
    }

    public Task Run()
    {
        var directory = new Hosted("Practitioner/p", this);
        return Task.WhenAll(Enumerable.Range(0, Patients).SelectMany(patient =>
        {
            var hosted = new Hosted($"Patient/{patient}", this);
            return Enumerable.Range(0, RequestsPerPatient).Select(
                request => Task.Run(() => Request(hosted, directory, $"{run}-{patient}-{request}")));
        }));
    }

    private async Task Request(Hosted patient, Hosted directory, string name)
    {
        // Seeded by the run and the request: repeated runs differ, a run can be repeated.
        var random = new Random(name.Aggregate(17, (seed, letter) => (seed * 31) + letter));
        for (int i = 0; Interlocked.Increment(ref _done) <= decisions; i++)
        {
            string text = $"{name}-{i}";
            int count = random.Next(8) == 0 ? random.Next(2, 40) : 1;
            string padding = new((char)('a' + random.Next(26)), random.Next(0, 1500));
            try
            {
                if (random.Next(10) == 0)
                    await Transact(patient, directory, text);
                else
                    await patient.Write(text, count, padding);
            }
            catch (LogException e)
            {
                var reason = e is JournalLostException { InnerException: { } inner } ? inner : e;
                Say($"fail {reason.GetType().Name} {name} {reason.Message}");
                // What failed was not done, so it does not count.
                if (Interlocked.Increment(ref _failures) > _mostFailures)
                    return;
                Interlocked.Decrement(ref _done);
                // Whoever asks a log that is away waits a little before asking again.
                using var pause = new PeriodicTimer(_retryAfter);
                await pause.WaitForNextTickAsync();
            }
        }
    }

    private static async Task Transact(Hosted patient, Hosted directory, string text)
    {
        var prepared = await directory.Prepare(text);
        bool committed = false;
        try
        {
            await patient.Commit(text, prepared);
            committed = true;
        }
        finally
        {
            await directory.Settle(prepared.Id, committed);
        }
    }

    /// <summary>What a grain does: hosts a journal, and opens another one when it is lost.</summary>
    private sealed class Hosted(string name, Load load)
    {
        private readonly Activation _activation = new();
        private Task<PatientJournal<Notes, Note>>? _journal;

        private async Task<PatientJournal<Notes, Note>> Journal()
        {
            if (_journal is { IsCompleted: true } && (!_journal.IsCompletedSuccessfully || (await _journal).Lost.IsFaulted))
                _journal = null;
            return await (_journal ??= PatientJournal<Notes, Note>.Open(
                load._log, load._ring, TimeProvider.System, new LogName(name), NoteFold.Instance,
                    new JournalOptions { SnapshotFrom = 8_000, PrepareTimeout = TimeSpan.FromHours(1) }));
        }

        public Task Write(string text, int count, string padding) => _activation.Run(async () =>
        {
            var journal = await Journal();
            long due = Due(padding);
            var notes = Enumerable.Range(0, count).Select(i => new Note(
                $"{text}#{i}/{count}#{padding}", Claim: $"id:{text}#{i}", Token: text, Feed: (byte)(i % 3), Due: due)).ToArray();
            int at = await journal.Execute<int>(s => new(notes, s.Texts.Count));
            Say($"ack {name} {at} {text}#0/{count}#{padding} {journal.DurableHead.Hash}");
        });

        public Task Commit(string text, PreparedCommit prepared) => _activation.Run(async () =>
        {
            var journal = await Journal();
            int at = await journal.Execute(
                s => new Decided<Note, int>([Both(text)], s.Texts.Count), [prepared], _ => true);
            Say($"ack {name} {at} {text}#0/1#both {journal.DurableHead.Hash}");
        });

        public Task<PreparedCommit> Prepare(string text) => _activation.Run(async () =>
            (await (await Journal()).Prepare(
                s => new Decided<Note, int>([Both(text)], s.Texts.Count), _ => true)).Prepared!);

        /// <summary>Now and then not due at all, or as before.</summary>
        private static long Due(string padding) => (padding.Length % 5) switch { 0 => -1, 1 => 0, _ => 1_000_000L * (1 + padding.Length) };

        private static Note Both(string text) => new($"{text}#0/1#both", Feed: 1, Due: 1_000_000L * text.Length);

        public Task Settle(string id, bool committed) => _activation.Run(async () => await (await Journal()).Settle(id, committed));
    }
}
