using PatientGrains.Core.Record;
using PatientGrains.Log;
using PatientGrains.Log.Tests;

namespace PatientGrains.Grains.Tests;

/// <summary>An activation that begins from a snapshot and what came after it answers as the one before did.</summary>
public class ReactivationTests
{
    private const int Resources = 60;

    [Fact]
    public async Task After_a_restart_every_answer_is_the_same()
    {
        // A snapshot every few commits, so that most activations begin at one, with commits after it.
        var log = new ScriptedLog(new InMemoryLog());
        var cluster = new RecordCluster { Log = log, Options = new JournalOptions { SnapshotFrom = 2_000 } };
        await cluster.InitializeAsync();
        for (int round = 0; round < 4; round++)
        {
            for (int i = 0; i < Resources; i++)
                Assert.IsType<Accepted>(await Write(cluster, $"m{round}-{i}", $"o{(i * 7 + round) % Resources}", $"text {round} {i}"));
            var before = await Answers(cluster);
            // It is stored behind the replies.
            await log.HasSnapshot.WaitAsync(RecordCluster.Patience);
            await cluster.Restart();
            Assert.Equal(before, await Answers(cluster));
            var repeated = Assert.IsType<Accepted>(await Write(cluster, $"m{round}-5", $"o{(35 + round) % Resources}", $"text {round} 5"));
            Assert.True(repeated.Repeated);
        }
        await cluster.DisposeAsync();
    }

#if !ENGINE_ORLEANS
    [Fact]
    public async Task An_idle_record_leaves_memory_and_comes_back_the_same()
    {
        var clock = new ManualClock();
        var log = new ScriptedLog(new InMemoryLog());
        var cluster = new RecordCluster { Log = log, Clock = clock };
        await cluster.InitializeAsync();
        await Write(cluster, "m1", "o1", "text");
        var before = await Answers(cluster);
        int opened = log.Opened;
        // Nothing is asked of it meanwhile, so nothing is cut short.
        clock.Move(TimeSpan.FromHours(1));
        Assert.Equal(before, await Answers(cluster));
        Assert.Equal(opened + 1, log.Opened);
        await cluster.DisposeAsync();
    }
#endif

    private static Task<Outcome> Write(RecordCluster cluster, string message, string id, string text) =>
        cluster.Patient("p").Ask(Submissions.Of(message, Submissions.Put(new ResourceKey("Observation", id), text)));

    private static async Task<List<string>> Answers(RecordCluster cluster)
    {
        var answers = new List<string>();
        for (int i = 0; i < Resources; i++)
        {
            var key = new ResourceKey("Observation", "o" + i);
            var outcome = await cluster.Patient("p").Ask(new ReadHistory { Who = Submissions.Clinician, Key = key, Count = 10 });
            answers.Add(outcome is Released released
                ? string.Join('|', released.Versions
                    .Select(version => $"{version.Key}/{version.Version} {version.At:O} {version.Seq} {version.Body?.Json}"))
                : outcome.ToString());
        }
        return answers;
    }
}
