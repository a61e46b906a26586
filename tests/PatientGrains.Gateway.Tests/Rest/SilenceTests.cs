using System.Diagnostics;
using System.Diagnostics.Metrics;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>What the server tells machines: nothing of patients in logs, traces and metrics, and the truth in metadata.</summary>
public sealed class SilenceTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    [Fact]
    public async Task Neither_logs_nor_traces_nor_metrics_hold_anything_of_a_patient()
    {
        var told = new List<string>();
        var trace = ActivityTraceId.CreateRandom();
        using var activities = Activities(told, trace);
        using var measurements = Measurements(told, trace);
        string secret = "Zz" + Guid.NewGuid().ToString("N");
        await AskForEverything(secret, trace);

        Assert.NotEmpty(server.Logs.Lines);
        Assert.DoesNotContain(server.Logs.Lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
        lock (told)
        {
            Assert.Contains(told, tag => tag.StartsWith("my span fhir read", StringComparison.Ordinal));
            Assert.Contains(told, tag => tag.StartsWith("my measurement [kind, update]", StringComparison.Ordinal));
            Assert.DoesNotContain(told, tag => tag.Contains(secret, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>The secret in every place of a request where something of a patient can stand; all of one trace.</summary>
    private async Task AskForEverything(string secret, ActivityTraceId trace)
    {
        await Send("PUT", $"Patient/{secret}", Samples.Patient(secret, secret, secret));
        await Send("GET", $"Patient/{secret}");
        await Send("GET", $"Patient?identifier={secret}");
        await Send("GET", $"Patient?name={secret}");
        await Send("GET", $"Patient/{secret}/_history/99");
        await Send("GET", $"Observation?patient={secret}&date={secret}&code:{secret}=1");
        await Send("PUT", $"Patient/{secret}", "{ " + secret);
        await Send("POST", $"{secret}/{secret}", secret, "", "text/plain");
        await Send("PUT", $"Patient/{secret}", Samples.Patient(secret, secret).Replace("female", secret));
        await Send("DELETE", $"Patient/{secret}");
        // What is told of a request may come after its answer, but before that of the next one on the same connection.
        await Send("GET", "metadata");

        Task<Reply> Send(string method, string url, string? body = null, string? token = null, string type = "application/fhir+json") =>
            server.Send(method, url, body, token,
                ("Content-Type", type), ("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01"));
    }

    private static ActivityListener Activities(List<string> told, ActivityTraceId trace)
    {
        var activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("PatientGrains", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => Tell(told, trace, activity, $"span {activity.DisplayName} {string.Join(' ', activity.Tags)}"),
        };
        ActivitySource.AddActivityListener(activities);
        return activities;
    }

    private static MeterListener Measurements(List<string> told, ActivityTraceId trace)
    {
        var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name.StartsWith("PatientGrains", StringComparison.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<double>((_, _, tags, _) => Measured(tags));
        meters.SetMeasurementEventCallback<long>((_, _, tags, _) => Measured(tags));
        meters.SetMeasurementEventCallback<int>((_, _, tags, _) => Measured(tags));
        meters.Start();
        return meters;

        void Measured(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            Tell(told, trace, Activity.Current, $"measurement {string.Join(' ', tags.ToArray())}");
    }

    /// <summary>The listeners hear of other tests of the process, too: what is told during a request of this one is marked.</summary>
    private static void Tell(List<string> told, ActivityTraceId trace, Activity? during, string what)
    {
        lock (told)
            told.Add(during?.TraceId == trace ? "my " + what : what);
    }

    [Fact]
    public async Task No_failure_repeats_what_was_sent()
    {
        string secret = "Yy" + Guid.NewGuid().ToString("N");
        Reply[] replies =
        [
            await server.Get($"Observation?patient=x&date={secret}"),
            await server.Get($"Observation?patient=x&code:{secret}%20{secret}=1"),
            await server.Get($"Patient/{secret}"),
            await server.Send("POST", "Patient", Samples.Patient().Replace("1970-03", secret)),
        ];
        Assert.All(replies, reply => Assert.InRange(reply.Status, 400, 499));
        Assert.All(replies, reply => Assert.DoesNotContain(secret, reply.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metadata_is_valid_R4_and_says_what_the_routes_do()
    {
        var reply = await server.Send("GET", "metadata", token: "");
        Assert.Empty(new FhirScanner().Scan(reply.Bytes).Issues.Select(issue => $"{issue.Location}: {issue.Rule}: {issue.Message}"));
        var rest = reply.Json["rest"]![0]!;
        Assert.Equal("4.0.1", (string?)reply.Json["fhirVersion"]);
        Assert.Equal(["transaction", "batch"], rest["interaction"]!.AsArray().Select(each => (string)each!["code"]!));
        var resources = rest["resource"]!.AsArray();
        Assert.Equal(146, resources.Count);
        var observation = resources.Single(each => (string?)each!["type"] == "Observation")!;
        string[] parameters = [.. observation["searchParam"]!.AsArray().Select(each => (string)each!["name"]!)];
        Assert.Superset(new HashSet<string> { "_id", "_lastUpdated", "code", "date", "category", "status", "patient", "subject",
            "identifier" }, parameters.ToHashSet());
        // Every parameter that is promised is understood, and one that is not is refused.
        string id = await server.NewPatient();
        foreach (var parameter in observation["searchParam"]!.AsArray())
        {
            string value = (string?)parameter!["type"] switch { "date" => "2024", "reference" => $"Patient/{id}", _ => "x" };
            Assert.Equal(200, (await server.Get($"Observation?patient={id}&{parameter["name"]}={value}")).Status);
        }
        Assert.DoesNotContain("value-string", parameters);
        Assert.Equal(400, (await server.Get($"Observation?patient={id}&value-string=x")).Status);
    }
}
