using System.Text;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Tests;

/// <summary>Small values that tests start from.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static readonly Requester Clinician = new() { Subject = "dr-grey", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local" };

    public static AccessEntry Entry => new()
    {
        Id = "e1", At = At, Who = Clinician, Interaction = "read", Asked = "Observation/a", Versions = [new(new("Observation", "a"), 1)], RequestId = "r",
    };

    public static StatementBody Body(string json = """{"resourceType":"Observation","id":"a"}""")
    {
        var terms = new TermWriter();
        terms.Token("code"u8, "http://loinc.org"u8, "8867-4"u8);
        terms.Date("date"u8, At.Ticks, At.Ticks + TimeSpan.TicksPerSecond);
        return new StatementBody
        {
            Json = new Blob(Encoding.UTF8.GetBytes(json)), MetaAt = 30, MetaLength = 0, Terms = new Blob(terms.ToTerms().Bytes), Extractor = 1,
        };
    }

    public static ResourceStored Stored(string key, int version) => new()
    {
        Key = ResourceKey.Parse(key), Version = version, At = At, Source = "local", MessageId = "m" + version, Body = Body(),
    };
}
