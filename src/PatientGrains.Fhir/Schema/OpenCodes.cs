using System.Text;

namespace PatientGrains.Fhir.Schema;

/// <summary>Codes of the open standards that R4 binds to.</summary>
internal static class OpenCodes
{
    /// <summary>
    /// ISO 4217 list one (SIX, the maintenance agency), funds and X codes included, with codes withdrawn since 2018 because records still
    /// hold them, the codes added since
    /// (SLE, VED, XAD, XCG, ZWG), and the unofficial GGP, IMP, JEP, SPL and TVD, which the expansion of R4's value set currencies also has.
    /// </summary>
    private static readonly NameTable _currencies = new([.. (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE " +
        "CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GGP GHS GIP GMD GNF " +
        "GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP " +
        "LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK " +
        "PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLL SOS SPL SRD SSP STN SVC SYP SZL THB TJS TMT TND " +
        "TOP TRY TTD TVD TWD TZS UAH UGX USD USN UYI UYU UZS VEF VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD " +
        "XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL SLE VED XAD XCG ZWG").Split(' ').Select(Encoding.UTF8.GetBytes)]);

    public static bool IsCurrency(ReadOnlySpan<byte> code) => _currencies.Find(code) >= 0;

    /// <summary>
    /// BCP 13 (RFC 6838 section 4.2, RFC 2045 section 5.1): <c>type/subtype</c>, both restricted names, then parameters. The short names
    /// that R4 3.1.0.1.11 defines for
    /// <c>_format</c> stand for types too, and CapabilityStatement.format uses them.
    /// </summary>
    public static bool IsMimeType(ReadOnlySpan<byte> code)
    {
        if (code.SequenceEqual("xml"u8) || code.SequenceEqual("json"u8) || code.SequenceEqual("ttl"u8))
            return true;
        int semicolon = code.IndexOf((byte)';');
        var bare = semicolon < 0 ? code : code[..semicolon];
        while (!bare.IsEmpty && bare[^1] == ' ')
            bare = bare[..^1];
        int slash = bare.IndexOf((byte)'/');
        return slash > 0 && IsRestrictedName(bare[..slash]) && IsRestrictedName(bare[(slash + 1)..])
            && (semicolon < 0 || AreParameters(code[(semicolon + 1)..]));
    }

    /// <summary>BCP 47 (RFC 5646 section 2.1) well-formedness: subtags of 1 to 8 letters or digits, the first 2 to 8 letters, or x, or
    /// i.</summary>
    public static bool IsLanguage(ReadOnlySpan<byte> code)
    {
        bool first = true;
        bool isPrivate = false;
        bool needsMore = false;
        while (true)
        {
            int dash = code.IndexOf((byte)'-');
            var subtag = dash < 0 ? code : code[..dash];
            if (subtag.Length is 0 or > 8 || !IsAlphanumeric(subtag) || (first && subtag.IndexOfAnyInRange((byte)'0', (byte)'9') >= 0))
                return false;
            bool singleton = subtag.Length == 1 && !isPrivate;
            if (singleton && (needsMore || (first && (subtag[0] | 0x20) is not ('x' or 'i'))))
                return false;
            isPrivate |= singleton && (subtag[0] | 0x20) == 'x';
            needsMore = singleton;
            first = false;
            if (dash < 0)
                return !needsMore;
            code = code[(dash + 1)..];
        }
    }

    private static bool AreParameters(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)';');
            var parameter = (end < 0 ? text : text[..end]).Trim((byte)' ');
            int equals = parameter.IndexOf((byte)'=');
            if (equals <= 0 || equals == parameter.Length - 1 || !IsRestrictedName(parameter[..equals]))
                return false;
            text = end < 0 ? [] : text[(end + 1)..];
        }
        return true;
    }

    private static bool IsRestrictedName(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > 127)
            return false;
        foreach (byte b in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && "!#$&-^_.+*"u8.IndexOf(b) < 0)
                return false;
        }
        return true;
    }

    private static bool IsAlphanumeric(ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)b))
                return false;
        }
        return true;
    }
}
