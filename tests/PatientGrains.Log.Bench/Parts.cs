using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using PatientGrains.Core.Record;

namespace PatientGrains.Log.Bench;

/// <summary>The parts of an append on one core, in microseconds of processor per resource, from a whole patient per commit to one
/// resource.</summary>
internal static class Parts
{
    public static void Measure(List<PatientBundle> bundles)
    {
        foreach (int perCommit in new[] { int.MaxValue, 100, 10, 1 })
        {
            var chunks = bundles.SelectMany(b => b.Events.Chunk(perCommit)).ToList();
            if (perCommit == 1)
                chunks = chunks.Take(20_000).ToList();
            int resources = chunks.Sum(c => c.Length);
            Console.WriteLine($"-- {(perCommit == int.MaxValue ? "a patient" : perCommit)} per commit");
            Time("warm up", resources, () => chunks.Take(200).ToList().ForEach(c => Encode(c)));
            var bodies = new List<byte[]>();
            Time("encode", resources, () => bodies = chunks.ConvertAll(Encode));
            var packed = new List<byte[]>();
            foreach (int quality in new[] { 0, 1 })
            {
                Time($"compress, quality {quality}", resources, () => packed = bodies.ConvertAll(body => Compress(body, quality)));
                Console.WriteLine($"   {bodies.Average(b => b.Length),9:N0} B a commit, {packed.Average(p => p.Length),9:N0} compressed");
            }
            using var aes = new AesGcm(RandomNumberGenerator.GetBytes(32), 16);
            Time("nonce and AES-256-GCM", resources, () => packed.ForEach(p => Seal(aes, p)));
            Time("SHA-256", resources, () => packed.ForEach(p => SHA256.HashData(p)));
            using var ring = KeyRing.Ephemeral();
            var keys = chunks.SelectMany(c => c).Select(e => "id:" + ((ResourceStored)e).Key).ToList();
            Time("HMAC of one claim per resource", resources, () => keys.ForEach(k => ring.BlindClaim(k)));
            var state = new PatientRecord();
            Time("evolve and effects", resources, () => Evolve(chunks));
            using var key = ring.NewDataKey(default, out _);
            Time("seal as a whole (compress, AES, SHA)", resources, () => bodies.ForEach(b => key.SealCommit(Head.Empty, 1, 0, b)));
        }
    }

    private static void Time(string what, int resources, Action work)
    {
        var before = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        work();
        double micros = (Environment.CpuUsage.TotalTime - before).TotalMicroseconds;
        long bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / resources;
        Console.WriteLine($"   {what,-38} {micros / resources,7:N2} us/resource  {bytes,7:N0} B/resource");
    }

    private static byte[] Encode(Event[] events)
    {
        var to = new ArrayBufferWriter<byte>(1024);
        foreach (var happened in events)
            WireCodec.Write(to, happened);
        return to.WrittenSpan.ToArray();
    }

    private static byte[] Compress(byte[] body, int quality)
    {
        var to = new byte[BrotliEncoder.GetMaxCompressedLength(body.Length)];
        BrotliEncoder.TryCompress(body, to, out int written, quality, window: 20);
        return to[..written];
    }

    private static void Seal(AesGcm aes, byte[] plain)
    {
        Span<byte> nonce = stackalloc byte[12];
        Span<byte> tag = stackalloc byte[16];
        RandomNumberGenerator.Fill(nonce);
        aes.Encrypt(nonce, plain, new byte[plain.Length], tag);
    }

    private static void Evolve(List<Event[]> chunks)
    {
        foreach (var chunk in chunks)
        {
            var record = RecordJournalFold.Instance.Empty();
            var keys = new EffectKeys();
            foreach (var happened in chunk)
            {
                RecordJournalFold.Instance.Effects(record, happened, new LogName("Patient/x"), keys);
                RecordJournalFold.Instance.Evolve(record, happened);
            }
        }
    }
}
