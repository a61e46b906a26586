using System.Buffers;
using System.Text;
using System.Text.Json;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Life;

namespace PatientGrains.Synthetic.Json;

/// <summary>A record as a row of transactions that put by id: what comes later may refer to what came before.</summary>
internal static class PutBundles
{
    public static List<ReadOnlyMemory<byte>> Of(string baseUrl, Chart chart, Rendering rendering, int size)
    {
        var bundles = new List<ReadOnlyMemory<byte>>();
        var all = new List<Entry?>(chart.Entries.Count + 1) { null };
        all.AddRange(chart.Entries);
        for (var from = 0; from < all.Count; from += size)
            bundles.Add(One(baseUrl, chart, rendering, all.GetRange(from, Math.Min(size, all.Count - from))));
        return bundles;
    }

    private static ReadOnlyMemory<byte> One(string baseUrl, Chart chart, Rendering rendering, List<Entry?> entries)
    {
        var buffer = new ArrayBufferWriter<byte>(1024 * entries.Count);
        using var json = new Utf8JsonWriter(buffer, RawJson.Plain);
        var pen = new Pen(json, rendering, chart.Index);
        ChartJson.OpenBundle(json);
        foreach (var entry in entries)
        {
            var link = $"{Encoding.ASCII.GetString(ChartJson.TypeOf(entry))}/{rendering.IdText(chart.Index, entry?.Ordinal ?? 0)}";
            json.WriteStartObject();
            json.WriteString("fullUrl"u8, baseUrl + link);
            json.WritePropertyName("resource"u8);
            ChartJson.Resource(pen, chart, entry);
            json.WriteStartObject("request"u8);
            json.WriteString("method"u8, "PUT"u8);
            json.WriteString("url"u8, link);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        ChartJson.CloseBundle(json);
        return buffer.WrittenMemory;
    }
}
