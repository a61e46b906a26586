using System.Globalization;
using System.Text;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using PatientGrains.Log;

namespace PatientGrains.Grains.Tests;

/// <summary>Submissions from several gateways at once, on the real engine and on each log.</summary>
public sealed class IntakeTests : IDisposable
{
    private const int Requests = 64;

    /// <summary>PATIENTGRAINS_ROUNDS=1000 for the full proof; the default keeps the suite quick.</summary>
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("PATIENTGRAINS_ROUNDS"), CultureInfo.InvariantCulture, out int rounds)
            ? rounds
            : 12;

    private readonly string _folder = Directory.CreateTempSubdirectory("patientgrains-grains-").FullName;
    private int _messages;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_64_identical_conditional_creates_one_creates_in_every_round(bool sqlite)
    {
        await On(sqlite, async cluster =>
        {
            var gateways = new[] { cluster.Gateway(), cluster.Gateway() };
            for (int round = 0; round < Rounds; round++)
            {
                var scanned = Scan(cluster, Identified(round));
                var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(
                    i => Task.Run(() => gateways[i % 2].Create(scanned, $"identifier=s|{round}", Message()))));
                var results = answers.Select(ResultOf).ToList();
                Assert.Equal(1, results.Count(result => result.Effect == ChangeEffect.Created));
                Assert.All(results, result => Assert.Equal((results[0].Key, 1), (result.Key, result.Version)));
                Assert.Single(await cluster.Locator.Candidates(results[0].Key.Type, "identifier", "s", $"{round}", 10));
            }
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_submission_through_two_gateways_at_once_has_one_effect_and_one_answer(bool sqlite)
    {
        await On(sqlite, async cluster =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                var message = Message();
                var bundle = Scan(cluster, Transaction($"pt{round}", "shared", "rare" + round));
                var answers = await Task.WhenAll(Enumerable.Range(0, 8)
                    .Select(_ => Task.Run(() => cluster.Gateway().Bundle(bundle, message, NoReads))));
                var results = answers.Select(answer => string.Join(' ', Results(answer))).Distinct().ToList();
                Assert.Single(results);
                Assert.Equal(1, await Versions(cluster, new ResourceKey("Patient", $"pt{round}")));
            }
            Assert.Equal(Rounds, await Versions(cluster, new ResourceKey("Practitioner", "shared")));
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Transactions_that_share_directory_resources_in_any_order_all_end_and_each_is_whole(bool sqlite)
    {
        await On(sqlite, async cluster =>
        {
            var random = new Random(4);
            var shared = Enumerable.Range(0, 6).Select(i => "d" + i).ToArray();
            var bundles = Enumerable.Range(0, 50).Select(i =>
            {
                random.Shuffle(shared);
                // Some are about no patient: then one of the directory resources decides.
                return (Patient: i % 3 == 0 ? null : $"pt{i}", Doctors: shared[..random.Next(2, 5)].ToArray());
            }).ToList();
            var answers = await Task.WhenAll(bundles.Select(one =>
            {
                var scanned = Scan(cluster, Transaction(one.Patient, one.Doctors));
                return Task.Run(() => cluster.Gateway().Bundle(scanned, Message(), NoReads));
            }));
            foreach (var (answer, bundle) in answers.Zip(bundles))
                Assert.Equal(bundle.Doctors.Length + (bundle.Patient is null ? 0 : 1), Results(answer).Count);
            foreach (string doctor in shared)
                Assert.Equal(bundles.Count(one => one.Doctors.Contains(doctor)),
                    await Versions(cluster, new ResourceKey("Practitioner", doctor)));
            foreach (var one in bundles.Where(one => one.Patient is not null))
                Assert.Equal(1, await Versions(cluster, new ResourceKey("Patient", one.Patient!)));
        });
    }

    private async Task On(bool sqlite, Func<RecordCluster, Task> test)
    {
        using var ring = KeyRing.Ephemeral();
        await using IPatientLog log = sqlite ? SqliteLog.Open(_folder, ring) : new InMemoryLog();
        var cluster = new RecordCluster { Log = log, Ring = ring };
        await cluster.InitializeAsync();
        try
        {
            await test(cluster);
            Assert.True((await LogVerifier.Verify(log, ring)).IsSound);
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    private Submission Message() => new(Submissions.Clinician, "m" + Interlocked.Increment(ref _messages), null, WantsBodies: false);

    private static PatientGrains.Fhir.ScannedResource Scan(RecordCluster cluster, string json)
    {
        var scanned = cluster.Scanners.Scan(Encoding.UTF8.GetBytes(json));
        Assert.True(scanned.IsValid);
        return scanned;
    }

    private static string Identified(int round)
    {
        string identifier = $"\"identifier\":[{{\"system\":\"s\",\"value\":\"{round}\"}}]";
        string observed = $"\"status\":\"final\",\"code\":{{\"text\":\"x\"}},\"subject\":{{\"reference\":\"Patient/of-{round}\"}}";
        return (round % 3) switch
        {
            0 => $"{{\"resourceType\":\"Practitioner\",{identifier}}}",
            1 => $"{{\"resourceType\":\"Patient\",{identifier}}}",
            _ => $"{{\"resourceType\":\"Observation\",{identifier},{observed}}}",
        };
    }

    /// <summary>A patient, if one is named, and practitioners whose content no other transaction has.</summary>
    private string Transaction(string? patient, params string[] practitioners)
    {
        string Entry(string type, string id) => $$$"""
            {"resource":{"resourceType":"{{{type}}}","id":"{{{id}}}","language":"x-{{{Interlocked.Increment(ref _messages)}}}"},
            "request":{"method":"PUT","url":"{{{type}}}/{{{id}}}"}}
            """;
        var entries = practitioners.Select(id => Entry("Practitioner", id));
        if (patient is not null)
            entries = entries.Append(Entry("Patient", patient));
        return $$$"""{"resourceType":"Bundle","type":"transaction","entry":[{{{string.Join(',', entries)}}}]}""";
    }

    private static ChangeResult ResultOf(IntakeAnswer answer)
    {
        var (result, _, _) = Assert.IsType<Done>(answer);
        return result;
    }

    private static List<string> Results(BundleAnswer answer) => [.. Assert.IsType<BundleDone>(answer).Entries
        .Select(entry => ResultOf(Assert.IsType<EntryChanged>(entry).Answer))
        .Select(result => $"{result.Key}/{result.Version} {result.Effect}")];

    private static async Task<int> Versions(RecordCluster cluster, ResourceKey key)
    {
        var history = new ReadHistory { Who = Submissions.Clinician, Key = key, Count = 1 };
        var outcome = key.IsPatient ? await cluster.Patient(key.Id).Ask(history) : await cluster.Directory(key.ToString()).Ask(history);
        return outcome is Released released ? released.Total : 0;
    }

    private static Task<EntryAnswer> NoReads(string method, string url, PatientGrains.Fhir.ScannedEntry entry) =>
        throw new InvalidOperationException("Nothing is read here.");
}
