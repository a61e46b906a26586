using System.Collections.Concurrent;
using System.Diagnostics;
using PatientGrains.Host.Composition;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>One request, one trace: from the front through the grain to the append that made it durable.</summary>
public sealed class TraceTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    static TraceTests() => Engine.LetTracesThrough();

    [Fact]
    public async Task A_write_is_one_trace_from_the_front_through_the_grain_to_the_append()
    {
        string id = "T" + Guid.NewGuid().ToString("N");
        var spans = await Traced(trace => server.Send("PUT", $"Patient/{id}", Samples.Patient(id), null, trace));
        AssertChain(spans, "fhir update", "record submit");
        Assert.All(spans, span => Assert.DoesNotContain(id, Text(span), StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_read_is_one_trace_and_ends_in_the_append_of_its_access_entry()
    {
        string id = await server.NewPatient();
        var spans = await Traced(trace => server.Get($"Patient/{id}", trace));
        AssertChain(spans, "fhir read", "record read");
        Assert.All(spans, span => Assert.DoesNotContain(id, Text(span), StringComparison.OrdinalIgnoreCase));
        Assert.Contains(spans, span => span.GetTagItem("outcome") is "released");
    }

    [Fact]
    public async Task A_refusal_says_so_and_not_of_what()
    {
        string id = await server.NewPatient();
        var spans = await Traced(trace => server.Get($"Patient/{id}/_history/99", trace));
        Assert.Contains(spans, span => span.OperationName == "record vread" && span.GetTagItem("outcome") is "refused");
        Assert.All(spans, span => Assert.DoesNotContain(id, Text(span), StringComparison.OrdinalIgnoreCase));
    }

    private static void AssertChain(IReadOnlyCollection<Activity> spans, string front, string record)
    {
        var root = Assert.Single(spans, span => span.DisplayName == front);
        var grain = Assert.Single(spans, span => span.OperationName == record);
        var append = Assert.Single(spans, span => span.OperationName == "append");
        // Orleans puts spans of its own between the two, which nobody is shown.
        string engine = Engine.Name;
        if (engine == "Local")
            Assert.Equal(root.SpanId, grain.ParentSpanId);
        Assert.Equal(grain.SpanId, append.ParentSpanId);
        Assert.Equal("durable", append.GetTagItem("outcome"));
        // Durable before it is answered: the append ends inside the grain's span, and that inside the front's. Their times would tell as
        // much of the machine's clock.
        Assert.Equal([append, grain, root], spans.Where(span => span == append || span == grain || span == root));
    }

    /// <summary>
    /// The spans of one request in the order of their ends, told from those of others by the trace that the client began.
    /// </summary>
    private static async Task<IReadOnlyCollection<Activity>> Traced(Func<(string, string), Task<Reply>> send)
    {
        var spans = new ConcurrentQueue<Activity>();
        var front = new TaskCompletionSource();
        var trace = ActivityTraceId.CreateRandom();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("PatientGrains.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (span.TraceId != trace)
                    return;
                spans.Enqueue(span);
                if (span.Kind == ActivityKind.Server)
                    front.TrySetResult();
            },
        };
        ActivitySource.AddActivityListener(listener);
        await send(("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01"));
        // The client may have the answer before the server has ended its span.
        await front.Task.WaitAsync(Unhurried.Patience);
        return spans;
    }

    private static string Text(Activity span) =>
        $"{span.DisplayName} {span.StatusDescription} {string.Join(' ', span.TagObjects)} {string.Join(' ', span.Baggage)}";
}
