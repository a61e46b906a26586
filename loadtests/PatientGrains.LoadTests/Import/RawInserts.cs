using System.Collections.Concurrent;
using System.Diagnostics;

namespace PatientGrains.LoadTests.Import;

/// <summary>The peer: one row per resource into SQLite, nothing else done to it, synced every <see cref="Batch"/> rows.</summary>
internal sealed class RawInserts(Corpus corpus, bool packed)
{
    /// <summary>About what a Synthea patient has, and so what one of our commits holds.</summary>
    public const int Batch = 750;

    private readonly BlockingCollection<(Document Document, byte[] Json)> _unpacked = new(4);
    private int _next;

    public async Task<double> Run(string folder)
    {
        long before = Stopwatch.GetTimestamp();
        var writer = Task.Factory.StartNew(() => Write(folder), TaskCreationOptions.LongRunning);
        await Task.WhenAll(Enumerable.Range(0, packed ? Environment.ProcessorCount : 1).Select(_ => Task.Run(Read)));
        _unpacked.CompleteAdding();
        await writer;
        return Stopwatch.GetElapsedTime(before).TotalSeconds;
    }

    private void Read()
    {
        for (int i = Interlocked.Increment(ref _next) - 1; i < corpus.Documents.Count; i = Interlocked.Increment(ref _next) - 1)
        {
            var document = corpus.Documents[i];
            _unpacked.Add((document, packed ? document.Unpack() : document.Json));
        }
    }

    private void Write(string folder)
    {
        using var rows = new RowWriter(folder);
        int waiting = 0;
        foreach (var (document, json) in _unpacked.GetConsumingEnumerable())
        {
            foreach (var range in document.Resources)
            {
                if (waiting == 0)
                    rows.Begin();
                rows.Insert(json.AsSpan(range));
                waiting = (waiting + 1) % Batch;
                if (waiting == 0)
                    rows.Commit();
            }
        }
        if (waiting > 0)
            rows.Commit();
    }
}
