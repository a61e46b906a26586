using System.Security.Cryptography;
using System.Text.Json;
using PatientGrains.Core.Access;
using PatientGrains.Host.Live;

namespace PatientGrains.Host.Tests;

[Collection(nameof(SyntheaStore))]
public class SyntheaTests(SyntheaStore store)
{
    [SyntheaFact]
    public void All_bundles_are_imported_without_a_reject()
    {
        Assert.Empty(store.First.Rejects);
        Assert.Equal((122, 0), (store.First.Totals.Submissions, store.First.Totals.Updated));
        Assert.True(store.First.Totals.Created > 90_000, $"{store.First.Totals.Created}");
    }

    [SyntheaFact]
    public async Task Imported_again_nothing_changes()
    {
        var before = (await Store.Entries(store.Server.Log))
            .ToDictionary(entry => store.Server.Ring.NameOf(entry).Text, entry => entry.Head);
        var again = await Store.Import(store.Server, store.Folder, SyntheaStore.Source!);
        Assert.Empty(again.Rejects);
        Assert.Equal((0, 0), (again.Totals.Created, again.Totals.Updated));
        var after = (await Store.Entries(store.Server.Log))
            .ToDictionary(entry => store.Server.Ring.NameOf(entry).Text, entry => entry.Head);
        var versions = await Store.Versions(store.Server.Log, store.Server.Ring);
        Assert.Equal(store.First.Totals.Created, versions.Count);
        Assert.All(versions.Keys, key => Assert.EndsWith("/1", key));
        Assert.Equal(before, after);
    }

    [SyntheaFact]
    public async Task Read_back_every_resource_is_what_was_sent()
    {
        using var http = store.Client();
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        var practitioners = new Dictionary<string, string>(StringComparer.Ordinal);
        int compared = 0;
        foreach (string file in SyntheaStore.Files)
        {
            byte[] json = SyntheaStore.Read(file);
            using var bundle = JsonDocument.Parse(json);
            var entries = bundle.RootElement.GetProperty("entry").EnumerateArray().ToList();
            var locations = await Locations(http, json);
            Assert.Equal(entries.Count, locations.Count);
            foreach (var (entry, location) in entries.Zip(locations))
            {
                known[entry.GetProperty("fullUrl").GetString()!] = location;
                foreach (string identifier in Identifiers(entry.GetProperty("resource")))
                    known[$"{entry.GetProperty("resource").GetProperty("resourceType").GetString()}?identifier={identifier}"] = location;
            }
            var stored = await Stored(http, locations);
            foreach (var (entry, location) in entries.Zip(locations))
            {
                string? difference = SentAndStored.Difference(
                    entry.GetProperty("resource"), stored[location], reference => reference.StartsWith('#') ? null : known[reference]);
                Assert.True(difference is null, $"{Path.GetFileName(file)} {location}: {difference}");
                Assert.Equal(location, $"{stored[location].GetProperty("resourceType")}/{stored[location].GetProperty("id")}");
                Assert.Equal("1", stored[location].GetProperty("meta").GetProperty("versionId").GetString());
                compared++;
            }
        }
        Assert.Equal(store.First.Totals.Resources, compared);
    }

    [SyntheaFact]
    public async Task Every_chain_is_sound()
    {
        var report = await Verification.Run(store.Server.Log, store.Server.Ring, null, null, default);
        Assert.True(report.IsSound);
        Assert.True(report.Events > 90_000);
    }

    private static IEnumerable<string> Identifiers(JsonElement resource) => resource.TryGetProperty("identifier", out var all)
        && all.ValueKind == JsonValueKind.Array
        ? all.EnumerateArray().Where(one => one.TryGetProperty("system", out _))
            .Select(one => $"{one.GetProperty("system")}|{one.GetProperty("value")}")
        : [];

    /// <summary>Where the entries of a Bundle are: asked by sending it again under the id that the import gave it, which makes nothing
    /// new.</summary>
    private static async Task<List<string>> Locations(HttpClient http, byte[] json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "") { Content = new ByteArrayContent(json) };
        request.Content.Headers.ContentType = new("application/fhir+json");
        request.Headers.Add("Idempotency-Key", Convert.ToHexStringLower(SHA256.HashData(json)));
        request.Headers.Add("Prefer", "return=minimal");
        using var response = await http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return [.. answer.RootElement.GetProperty("entry").EnumerateArray()
            .Select(entry => TypeAndId(entry.GetProperty("response").GetProperty("location").GetString()!))];
    }

    private static string TypeAndId(string location)
    {
        Assert.EndsWith("/_history/1", location);
        string[] parts = location.Split('/');
        return $"{parts[^4]}/{parts[^3]}";
    }

    private static async Task<Dictionary<string, JsonElement>> Stored(HttpClient http, List<string> locations)
    {
        var stored = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (locations.Find(location => location.StartsWith("Patient/", StringComparison.Ordinal)) is { } patient)
        {
            for (string? url = $"{patient}/$everything"; url is not null;)
                url = await Page(http, url, stored);
        }
        foreach (string location in locations.Where(location => !stored.ContainsKey(location)))
            stored[location] = JsonSerializer.Deserialize<JsonElement>(await http.GetByteArrayAsync(location));
        return stored;
    }

    private static async Task<string?> Page(HttpClient http, string url, Dictionary<string, JsonElement> stored)
    {
        var page = JsonSerializer.Deserialize<JsonElement>(await http.GetByteArrayAsync(url));
        foreach (var entry in page.GetProperty("entry").EnumerateArray())
        {
            var resource = entry.GetProperty("resource");
            stored[$"{resource.GetProperty("resourceType")}/{resource.GetProperty("id")}"] = resource;
        }
        return page.GetProperty("link").EnumerateArray()
            .FirstOrDefault(link => link.GetProperty("relation").GetString() == "next") is { ValueKind: JsonValueKind.Object } next
            ? next.GetProperty("url").GetString()
            : null;
    }
}
