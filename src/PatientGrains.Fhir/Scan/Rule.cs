namespace PatientGrains.Fhir.Scan;

/// <summary>A rule that a scan can find broken: its stable key, its code in R4's value set issue-type, and what it asks for.</summary>
internal sealed record Rule(string Key, string IssueType, string Message)
{
    // Bytes and JSON
    public static readonly Rule TooLarge = new("size", "too-long", "The body is larger than this server reads.");
    public static readonly Rule Bom = new("bom", "structure", "JSON has no byte order mark (RFC 8259 section 8.1).");
    public static readonly Rule Utf8 = new("utf-8", "structure", "The body is not well-formed UTF-8.");
    public static readonly Rule Json = new("json", "structure", "The body is not well-formed JSON.");
    public static readonly Rule Surrogate = new("surrogate", "structure", "A \\u escape is half of a surrogate pair.");
    public static readonly Rule Trailing = new("trailing", "structure", "Something follows the resource.");
    public static readonly Rule Depth = new("depth", "too-long", "Objects and arrays are nested deeper than this server reads.");
    public static readonly Rule Duplicate = new("duplicate", "structure", "A member name may stand only once in an object.");
    public static readonly Rule EmptyObject = new("empty-object", "structure", "An object must not be empty (R4 2.6.2).");
    public static readonly Rule EmptyArray = new("empty-array", "structure", "An array must not be empty (R4 2.6.2).");
    public static readonly Rule Null =
        new("null", "structure", "null stands only in an array of primitives, where the sibling array has extensions (R4 2.6.2.3).");
    public static readonly Rule JsonType = new("json-type", "structure", "The value has the wrong JSON type.");
    public static readonly Rule ArrayExpected =
        new("array-expected", "structure", "An element that may repeat is an array, also when it does not.");
    public static readonly Rule ArrayNotAllowed = new("array-not-allowed", "structure", "An element that may not repeat is not an array.");

    // Structure
    public static readonly Rule ResourceTypeMissing = new("resource-type-missing", "structure", "A resource begins with its resourceType.");
    public static readonly Rule ResourceTypeUnknown =
        new("resource-type-unknown", "not-supported", "There is no such concrete resource type in R4.");
    public static readonly Rule UnknownElement = new("unknown-element", "structure", "There is no such element in this type.");
    public static readonly Rule ChoiceType = new("choice-type", "structure", "The element may not have this type.");
    public static readonly Rule ChoiceTwice = new("choice-twice", "structure", "Only one type of a choice may be there.");
    public static readonly Rule Missing = new("cardinality-min", "required", "A required element is missing.");
    public static readonly Rule Siblings =
        new("sibling-alignment", "structure",
            "A primitive array and its sibling with extensions have the same length, and no place is null in both.");
    public static readonly Rule SiblingOnComplex =
        new("sibling-on-complex", "structure", "Only primitive elements have a sibling that begins with an underscore.");

    // Primitive types
    public static readonly Rule EmptyString = new("empty-string", "value", "A string must not be empty.");
    public static readonly Rule StringTooLong = new("string-length", "too-long", "A string has at most 1,048,576 characters.");
    public static readonly Rule ControlCharacter =
        new("control-character", "value", "A string has no control characters but tab, carriage return and line feed.");
    public static readonly Rule Code = new("code-format", "value", "A code has no white space at its ends and never two in a row.");
    public static readonly Rule Id = new("id-format", "value", "An id has 1 to 64 of A-Z, a-z, 0-9, - and .");
    public static readonly Rule Uri = new("uri-format", "value", "A uri has no white space.");
    public static readonly Rule Oid =
        new("oid-format", "value", "An OID is urn:oid: and numbers separated by dots, the first 0 to 2, no leading zeros.");
    public static readonly Rule Uuid = new("uuid-format", "value", "A UUID is urn:uuid: and 8-4-4-4-12 hexadecimal digits in lower case.");
    public static readonly Rule Base64 = new("base64-format", "value", "Base64 comes in groups of four, padded at the end.");
    public static readonly Rule Date = new("date-format", "value", "A date is YYYY, YYYY-MM or YYYY-MM-DD, and exists.");
    public static readonly Rule DateTime =
        new("datetime-format", "value", "A dateTime is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with zone, and exists.");
    public static readonly Rule Instant = new("instant-format", "value", "An instant is YYYY-MM-DDThh:mm:ss with zone, and exists.");
    public static readonly Rule Time = new("time-format", "value", "A time is hh:mm:ss.");
    public static readonly Rule Integer = new("integer-format", "value", "An integer is a whole number of 32 bits.");
    public static readonly Rule PositiveInt = new("positiveint-format", "value", "A positiveInt is at least 1.");
    public static readonly Rule UnsignedInt = new("unsignedint-format", "value", "An unsignedInt is not negative.");

    // Bindings and references
    public static readonly Rule Binding = new("binding", "code-invalid", "The code is not in the required value set.");
    public static readonly Rule ReferenceFormat =
        new("reference-format", "value", "A reference is Type/id, Type?query, #id, urn: or an absolute URL.");
    public static readonly Rule ReferenceTarget =
        new("reference-target", "value", "The reference is to a type that the element does not allow.");
    public static readonly Rule ReferenceType =
        new("reference-type", "value", "Reference.type is a resource type and agrees with the reference.");

    // Invariants of the standard that are the scanner's own code
    public static readonly Rule Ele1 = new("ele-1", "invariant", "An element has a value or children: an id alone is neither.");
    public static readonly Rule Ext1 = new("ext-1", "invariant", "An extension has either extensions or a value, not both.");
    public static readonly Rule Ref1 = new("ref-1", "invariant", "A local reference names a contained resource.");
    public static readonly Rule Per1 = new("per-1", "invariant", "A period does not end before it starts.");
    public static readonly Rule Rng2 = new("rng-2", "invariant", "The low of a range is not above its high.");
    public static readonly Rule Txt1 =
        new("txt-1", "invariant", "The narrative is well-formed XHTML with the elements and attributes of R4 2.4.0 only.");
    public static readonly Rule Txt2 = new("txt-2", "invariant", "The narrative has some content.");
    public static readonly Rule Dom2 = new("dom-2", "invariant", "A contained resource contains none.");
    public static readonly Rule Dom3 =
        new("dom-3", "invariant", "A contained resource is referred to from elsewhere in the resource, or refers to it.");
    public static readonly Rule Dom4 = new("dom-4", "invariant", "A contained resource has no meta.versionId and no meta.lastUpdated.");
    public static readonly Rule Dom5 = new("dom-5", "invariant", "A contained resource has no security label.");
    public static readonly Rule ContainedId =
        new("contained-id", "required", "A contained resource has an id, and no other contained resource has the same.");
    public static readonly Rule Bdl1 = new("bdl-1", "invariant", "Only a searchset or history has a total.");
    public static readonly Rule Bdl2 = new("bdl-2", "invariant", "entry.search only when a searchset.");
    public static readonly Rule Bdl3 =
        new("bdl-3", "invariant", "entry.request is mandatory for batch, transaction and history, otherwise prohibited.");
    public static readonly Rule Bdl4 =
        new("bdl-4", "invariant",
            "entry.response is mandatory for batch-response, transaction-response and history, otherwise prohibited.");
    public static readonly Rule Bdl7 =
        new("bdl-7", "invariant",
            "A fullUrl is unique in a Bundle, or else entries with the same fullUrl have different meta.versionId (except in history).");
    public static readonly Rule Bdl8 = new("bdl-8", "invariant", "A fullUrl is not a version specific reference.");
    public static readonly Rule Bdl9 = new("bdl-9", "invariant", "A document has an identifier with a system and a value.");
    public static readonly Rule Bdl10 = new("bdl-10", "invariant", "A document has a date (Bundle.timestamp).");
    public static readonly Rule Bdl11 = new("bdl-11", "invariant", "A document has a Composition as its first resource.");
    public static readonly Rule Bdl12 = new("bdl-12", "invariant", "A message has a MessageHeader as its first resource.");
    public static readonly Rule FullUrl =
        new("fullurl", "value", "A fullUrl is absolute, and ends in the resource's id unless it is a urn: (R4 2.36.4).");
    public static readonly Rule Obs7 = new("obs-7", "invariant", "An Observation with a value has no component with the same code.");
    public static readonly Rule Con4 =
        new("con-4", "invariant", "An abated condition's clinical status is inactive, resolved or remission.");
    public static readonly Rule Con5 = new("con-5", "invariant", "A condition entered in error has no clinical status.");
    public static readonly Rule Ait1 = new("ait-1", "invariant", "An allergy has a clinical status unless it was entered in error.");
    public static readonly Rule Ait2 = new("ait-2", "invariant", "An allergy entered in error has no clinical status.");
}
