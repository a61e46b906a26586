using System.Globalization;
using System.Net;
using System.Text.Json;

namespace PatientGrains.Host.Tests;

/// <summary>Writers against a server that is killed: what was acknowledged is there, what was not is there once after a retry under the
/// same key.</summary>
public class KilledServerTests
{
    private const int Writers = 12;

    /// <summary>PATIENTGRAINS_KILLS=50 for the full proof; the default keeps the suite quick.</summary>
    private static readonly int Kills =
        int.TryParse(Environment.GetEnvironmentVariable("PATIENTGRAINS_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : 3;

    private sealed record Sent(string Key, string Patient, string Body)
    {
        /// <summary>Where the server said that it is; null while it said nothing.</summary>
        public string? Location { get; set; }
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_a_retry_has_one_effect()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(20261121);
        var sent = new List<Sent>();
        for (int kill = 0; kill < Kills; kill++)
        {
            using var server = await Server.Start(folder);
            await Finish(server, sent.Where(one => one.Location is null));
            await Check(server, sent);
            await WriteUntilKilled(server, sent, kill, random.Next(20, 250));
        }
        using var last = await Server.Start(folder);
        await Finish(last, sent.Where(one => one.Location is null));
        await Check(last, sent);
        await Once(last, sent);
        last.Terminate();
        Assert.Equal(0, await last.Ended());
        await Tool.Expect(0, folder, "verify");
    }

    private static async Task WriteUntilKilled(Server server, List<Sent> sent, int round, int acknowledgements)
    {
        int acknowledged = 0;
        bool isKilled = false;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            // Whoever listens at the address later is somebody else.
            for (int i = 0; !Volatile.Read(ref isKilled); i++)
            {
                string patient = $"p{writer % 4}";
                var one = new Sent($"k-{round}-{writer}-{i}", patient, Resources.Observation("ignored", patient, $"{round}-{writer}-{i}"));
                lock (sent)
                    sent.Add(one);
                try
                {
                    one.Location = await Post(server, one);
                }
                catch (HttpRequestException)
                {
                    return;
                }
                if (Interlocked.Increment(ref acknowledged) != acknowledgements)
                    continue;
                Volatile.Write(ref isKilled, true);
                server.Kill();
            }
        }));
        await server.Ended();
        Assert.True(acknowledged >= acknowledgements);
    }

    private static async Task Finish(Server server, IEnumerable<Sent> open)
    {
        foreach (var one in open.ToList())
            one.Location = await Post(server, one);
    }

    private static async Task<string> Post(Server server, Sent one)
    {
        using var response = await server.Http.Fhir(HttpMethod.Post, "Observation", one.Body, one.Key);
        Assert.True(response.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK,
            $"{one.Key}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return response.Headers.Location!.AbsolutePath;
    }

    private static async Task Check(Server server, List<Sent> sent)
    {
        foreach (var one in sent)
        {
            var found = JsonSerializer.Deserialize<JsonElement>(await server.Http.GetByteArrayAsync(one.Location!));
            var expected = JsonSerializer.Deserialize<JsonElement>(one.Body);
            Assert.Equal(expected.GetProperty("code").GetProperty("text").GetString(),
                found.GetProperty("code").GetProperty("text").GetString());
        }
    }

    /// <summary>One resource for each key, and no other.</summary>
    private static async Task Once(Server server, List<Sent> sent)
    {
        Assert.Equal(sent.Count, sent.Select(one => one.Location).Distinct().Count());
        foreach (var patient in sent.GroupBy(one => one.Patient))
        {
            var all = JsonSerializer.Deserialize<JsonElement>(
                await server.Http.GetByteArrayAsync($"Observation?patient={patient.Key}&_count=2000"));
            Assert.Equal(patient.Count(), all.GetProperty("total").GetInt32());
        }
    }
}
