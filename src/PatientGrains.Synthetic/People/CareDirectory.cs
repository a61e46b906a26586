using System.Buffers;
using System.Globalization;
using System.Text.Json;
using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Json;

namespace PatientGrains.Synthetic.People;

/// <summary>The organisations, locations and practitioners of a seed's network, with ready-made references to each.</summary>
internal sealed class CareDirectory
{
    public const int Organizations = 8;
    public const int PractitionersEach = 5;

    private static readonly string[] OfficeNames =
    [
        "Maple Grove Medical Center", "Riverside Family Practice", "Lakeview Community Hospital", "Northgate Health Clinic",
        "Cedar Hill Medical Group", "Harborside General Hospital", "Summit Primary Care", "Greenfield Regional Hospital",
    ];

    private readonly Office[] _offices = new Office[Organizations];
    private readonly Doctor[] _doctors = new Doctor[Organizations * PractitionersEach];

    public CareDirectory(ulong seed)
    {
        var rng = new Rng(seed, Domain.Directory, 0);
        for (var i = 0; i < Organizations; i++)
        {
            var number = string.Create(CultureInfo.InvariantCulture, $"{seed:x}-{i + 1}");
            _offices[i] = new Office(
                OfficeNames[i], number, Demography.Home(rng, apartment: false), Demography.Phone(rng), IdOf(seed, 0, i), IdOf(seed, 1, i));
        }
        for (var i = 0; i < _doctors.Length; i++)
        {
            var female = rng.Chance(0.5);
            _doctors[i] = new Doctor(
                Names.Given(rng, female, 1975), Names.Family(rng), female,
                NeverIssuedNpi(rng), IdOf(seed, 2, i));
        }
    }

    public DirectoryLink Organization(int index) => _offices[index].OrganizationLink;

    public DirectoryLink Location(int index) => _offices[index].LocationLink;

    public DirectoryLink Practitioner(int index) => _doctors[index].Link;

    /// <summary>A batch that puts each by id: repeated, it changes nothing but versions, and NDJSON's literal references resolve.</summary>
    public ReadOnlyMemory<byte> Bundle()
    {
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        using var json = new Utf8JsonWriter(buffer, RawJson.Plain);
        json.WriteStartObject();
        json.WriteString("resourceType"u8, "Bundle"u8);
        json.WriteString("type"u8, "batch"u8);
        json.WriteStartArray("entry"u8);
        foreach (var (type, id, write) in All())
        {
            json.WriteStartObject();
            json.WritePropertyName("resource"u8);
            write(json);
            json.WriteStartObject("request"u8);
            json.WriteString("method"u8, "PUT"u8);
            json.WriteString("url"u8, $"{type}/{id}");
            json.WriteEndObject();
            json.WriteEndObject();
        }
        ChartJson.CloseBundle(json);
        return buffer.WrittenMemory;
    }

    public IEnumerable<ReadOnlyMemory<byte>> Resources()
    {
        foreach (var (_, _, write) in All())
            yield return RawJson.Of(write);
    }

    private IEnumerable<(string Type, string Id, Action<Utf8JsonWriter> Write)> All()
    {
        foreach (var office in _offices)
        {
            yield return ("Organization", office.OrganizationId, office.WriteOrganization);
            yield return ("Location", office.LocationId, office.WriteLocation);
        }
        foreach (var doctor in _doctors)
            yield return ("Practitioner", doctor.Id, doctor.Write);
    }

    /// <summary>A space of ids that no patient's rendering uses, one block of ordinals a type.</summary>
    private static string IdOf(ulong seed, int block, int index) => Ids.Of(seed, ulong.MaxValue, 0, block * 1000 + index).ToString("D");

    /// <summary>
    /// National Provider Identifiers begin with 1 or 2 and end with a Luhn digit over 80840 and the rest (CMS, NPI check digit). These
    /// begin with 9 and are right otherwise: a check of the digit passes, and nobody's number is taken.
    /// </summary>
    private static string NeverIssuedNpi(Rng rng)
    {
        var digits = string.Create(CultureInfo.InvariantCulture, $"9{rng.Below(100_000_000):00000000}");
        // 80840 in front adds the constant 24 to Luhn's sum.
        var sum = 24;
        for (var i = 0; i < 9; i++)
        {
            var digit = digits[i] - '0';
            var doubled = i % 2 == 0 ? digit * 2 : digit;
            sum += doubled > 9 ? doubled - 9 : doubled;
        }
        return digits + (char)('0' + (10 - sum % 10) % 10);
    }
}

/// <summary>One resource of the directory as it is referred to, in each of the ways of <see cref="Links"/>.</summary>
internal sealed class DirectoryLink
{
    private readonly byte[] _conditional, _literal, _identified;

    public DirectoryLink(string type, string id, string system, string value, string display)
    {
        _conditional = Referring($"{type}?identifier={system}|{value}", display);
        _literal = Referring($"{type}/{id}", display);
        _identified = RawJson.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteStartObject("identifier");
            json.WriteString("system", system);
            json.WriteString("value", value);
            json.WriteEndObject();
            json.WriteString("display", display);
            json.WriteEndObject();
        });
    }

    public byte[] In(Links links) => links switch
    {
        Links.Conditional => _conditional,
        Links.Literal => _literal,
        _ => _identified,
    };

    private static byte[] Referring(string reference, string display) => RawJson.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("reference", reference);
        json.WriteString("display", display);
        json.WriteEndObject();
    });
}
