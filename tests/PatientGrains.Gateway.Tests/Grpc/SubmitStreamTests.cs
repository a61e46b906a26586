using PatientGrains.Core.Access;
using PatientGrains.Gateway.Tests.Rest;
using PatientGrains.Grpc;
using static PatientGrains.Gateway.Tests.Grpc.RecordsOverGrpcTests;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Tests.Grpc;

public sealed class SubmitStreamTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    [Fact]
    public async Task Each_message_is_answered_once_and_a_refusal_does_not_end_the_stream()
    {
        string patient = await server.NewPatient();
        var sent = Enumerable.Range(0, 1_000)
            .Select(i => Create($"{patient}-{i}", i % 100 == 7 ? "{}" : Samples.Observation(patient, value: $"{40 + i % 50}.{i}")))
            .ToList();
        var answers = await server.Grpc().SubmitStream(Of(sent)).All();
        Assert.Equal(sent.Select(one => one.MessageId).Order(), answers.Select(one => one.MessageId).Order());
        var wrong = Enumerable.Range(0, 10).Select(i => $"{patient}-{i * 100 + 7}");
        Assert.Equal(wrong.Order(), answers.Where(answer => answer.Refusal is not null).Select(answer => answer.MessageId).Order());
        var again = await server.Grpc().SubmitStream(Of(sent)).All();
        Assert.All(again.Where(answer => answer.Refusal is null), answer => Assert.True(answer.IsRepeat));
        var ids = answers.Where(answer => answer.Refusal is null).ToDictionary(answer => answer.MessageId, answer => answer.Results[0].Id);
        Assert.All(again.Where(answer => answer.Refusal is null), answer => Assert.Equal(ids[answer.MessageId], answer.Results[0].Id));
        var total = await server.Get($"Observation?patient={patient}&_summary=count");
        Assert.Equal(990, (int?)total.Json["total"]);
    }

    [Fact]
    public async Task Submissions_about_one_resource_take_effect_in_their_order()
    {
        string patient = await server.NewPatient();
        string[] ids = [.. Enumerable.Range(0, 5).Select(_ => Fresh())];
        var sent = new List<V1.Submission>();
        for (int i = 0; i < 400; i++)
        {
            string id = ids[i % ids.Length];
            sent.Add(Update($"{patient}-{i}", id, Samples.Observation(patient, id, value: $"{40 + i}")));
        }
        var answers = await server.Grpc().SubmitStream(Of(sent)).All();
        var versions = answers.ToDictionary(answer => answer.MessageId, answer => answer.Results[0].Version);
        Assert.All(Enumerable.Range(0, 400), i => Assert.Equal(i / ids.Length + 1, versions[$"{patient}-{i}"]));
    }

    /// <summary>What is cut off is sent again by the client: streams are reset at any place, and each message has one effect.</summary>
    [Fact]
    public async Task Streams_that_are_reset_at_random_and_resumed_have_one_effect_for_each_message()
    {
        string patient = await server.NewPatient();
        var random = new Random(20261122);
        var open = Enumerable.Range(0, 600).ToDictionary(i => $"{patient}-{i}",
            i => Create($"{patient}-{i}", Samples.Observation(patient, value: $"{i}")));
        int resets = 0;
        while (open.Count > 0)
        {
            int patience = random.Next(1, 60);
            await foreach (var answer in server.Grpc().SubmitStream(Of(open.Values.ToList())))
            {
                Assert.Null(answer.Refusal);
                open.Remove(answer.MessageId);
                if (--patience > 0)
                    continue;
                // Leaving the loop resets the stream, with whatever is under way on it.
                resets++;
                break;
            }
        }
        Assert.True(resets > 5);
        var total = await server.Get($"Observation?patient={patient}&_summary=count");
        Assert.Equal(600, (int?)total.Json["total"]);
        var all = await server.Grpc().Search(new() { Type = "Observation", Query = $"patient={patient}" }).All();
        Assert.All(all, version => Assert.Equal(1, version.Version));
    }

    private static async IAsyncEnumerable<V1.Submission> Of(IReadOnlyList<V1.Submission> all)
    {
        foreach (var one in all)
        {
            await Task.Yield();
            yield return one;
        }
    }
}
