using System.Globalization;
using Google.Protobuf;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Host.Tests;

/// <summary>
/// Streams of submissions against a server that is killed: what was not answered is sent again, and each message has one effect.
/// </summary>
public class KilledStreamTests
{
    private const int Streams = 4;

    /// <summary>PATIENTGRAINS_KILLS=50 for the full proof; the default keeps the suite quick.</summary>
    private static readonly int Kills =
        int.TryParse(Environment.GetEnvironmentVariable("PATIENTGRAINS_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : 3;

    [Fact]
    public async Task Each_message_of_a_stream_has_exactly_one_effect()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(20261122);
        var open = new Dictionary<string, Submission>();
        var answered = new Dictionary<string, ChangeResult>();
        for (int kill = 0; kill < Kills; kill++)
        {
            using var server = await Server.Start(folder);
            foreach (var fresh in Enumerable.Range(0, 600).Select(i => Observation($"k{kill}-{i}", i % 5)))
                open.Add(fresh.MessageId, fresh);
            await PushUntilKilled(server, folder, open, answered, random.Next(20, 400));
        }
        using var last = await Server.Start(folder);
        await Task.WhenAll(Pushes(last, folder, open, answered, () => { }));
        Assert.Empty(open);
        Assert.Equal(answered.Count, answered.Values.Select(result => result.Id).Distinct().Count());
        foreach (var patient in answered.GroupBy(one => Patient(one.Key)))
        {
            var stored = new List<ResourceVersion>();
            await foreach (var version in last.Grpc(folder).Search(new() { Type = "Observation", Query = $"patient={patient.Key}" }))
                stored.Add(version);
            Assert.Equal(patient.Select(one => one.Value.Id).Order(), stored.Select(version => version.Id).Order());
            Assert.All(stored, version => Assert.Equal(1, version.Version));
        }
        last.Terminate();
        Assert.Equal(0, await last.Ended());
        await Tool.Expect(0, folder, "verify");
    }

    private static async Task PushUntilKilled(
        Server server, TemporaryFolder folder, Dictionary<string, Submission> open, Dictionary<string, ChangeResult> answered,
        int acknowledgements)
    {
        int left = acknowledgements;
        try
        {
            await Task.WhenAll(Pushes(server, folder, open, answered, () =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                    server.Kill();
            }));
        }
        catch (GrpcException broken)
        {
            Assert.True(left <= 0, broken.Message);
        }
        await server.Ended();
    }

    private static IEnumerable<Task> Pushes(
        Server server, TemporaryFolder folder, Dictionary<string, Submission> open, Dictionary<string, ChangeResult> answered,
        Action onAnswer)
    {
        var parts = open.Values.Chunk(open.Count / Streams + 1).ToList();
        var once = new PushOptions { Resume = new ResumeOptions { MaxFailures = 0 } };
        return parts.Select(async part =>
        {
            await foreach (var answer in server.Grpc(folder).SubmitStream(part.ToAsyncEnumerable(), once))
            {
                Assert.Null(answer.Refusal);
                lock (answered)
                {
                    open.Remove(answer.MessageId);
                    answered.Add(answer.MessageId, answer.Results[0]);
                }
                onAnswer();
            }
        }).ToList();
    }

    private static Submission Observation(string messageId, int patient) => new()
    {
        MessageId = $"p{patient}-{messageId}",
        Kind = SubmissionKind.Create,
        Body = ByteString.CopyFromUtf8(Resources.Observation("ignored", $"p{patient}", messageId)),
    };

    private static string Patient(string messageId) => messageId[..messageId.IndexOf('-')];
}
