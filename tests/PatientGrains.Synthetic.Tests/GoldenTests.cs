using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace PatientGrains.Synthetic.Tests;

/// <summary>
/// goldens.txt holds a SHA-256 for each kind of output and seed. It changes only when the generator is meant to give other bytes; then
/// the failure message's text is the new file.
/// </summary>
public class GoldenTests
{
    [Fact]
    public void Every_seed_gives_the_committed_bytes()
    {
        var actual = new StringBuilder();
        foreach (var seed in new ulong[] { 1, 42, ulong.MaxValue })
            Add(actual, seed);
        var golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "goldens.txt"));
        Assert.True(golden == actual.ToString(), "The bytes changed. They now hash to:\n" + actual);
    }

    private static void Add(StringBuilder to, ulong seed)
    {
        var options = new SyntheticOptions { Seed = seed, Patients = 20 };
        var lines = new ArrayBufferWriter<byte>();
        foreach (var patient in SyntheticPopulation.Patients(options))
            patient.WriteNdjson(lines);
        Line("directory", [SyntheticPopulation.DirectoryBundle(options)]);
        Line("transactions", SyntheticPopulation.Patients(options).Select(x => x.TransactionBundle()));
        Line("ndjson", [lines.WrittenMemory]);
        var people = SyntheticSources.People(options).ToList();
        Line("sources", people.SelectMany(x => x.Records).SelectMany(x => x.Bundles()));
        Line("planted", people.SelectMany(x => x.Differences).Select(x => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(x.ToString())));
        var ward = new WardOptions { Seed = seed, Stays = 10, SepsisShare = 0.3 };
        Line("stays", SyntheticWard.Stays(ward).Select(x => x.Registration));
        Line("replay", SyntheticWard.Replay(ward).Select(x => x.Resource));

        void Line(string kind, IEnumerable<ReadOnlyMemory<byte>> parts)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var part in parts)
                hash.AppendData(part.Span);
            to.Append(kind).Append(' ').Append(seed).Append(' ').Append(Convert.ToHexStringLower(hash.GetHashAndReset())).Append('\n');
        }
    }
}
