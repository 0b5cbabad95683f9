/*
 * tiff_names.c -- the names of tags, and the words for what some of their
 * numbers mean.  They are spelled as organize has them, since rules ask for
 * them: GPSDate, ISOSpeedRatings, CVAPattern, and "Mirrored" for "Mirror".
 */
#include <stdlib.h>

#include "media/tags_impl.h"

static const struct tiff_word orientation[] = {
	{ 1, "Horizontal (normal)" },
	{ 2, "Mirrored horizontal" },
	{ 3, "Rotated 180" },
	{ 4, "Mirrored vertical" },
	{ 5, "Mirrored horizontal then rotated 90 CCW" },
	{ 6, "Rotated 90 CW" },
	{ 7, "Mirrored horizontal then rotated 90 CW" },
	{ 8, "Rotated 90 CCW" },
	{ 0, NULL },
};

static const struct tiff_word resolution[] = {
	{ 1, "Not Absolute" },
	{ 2, "Pixels/Inch" },
	{ 3, "Pixels/Centimeter" },
	{ 0, NULL },
};

static const struct tiff_word compression[] = {
	{ 1, "Uncompressed" },
	{ 2, "CCITT 1D" },
	{ 3, "T4/Group 3 Fax" },
	{ 4, "T6/Group 4 Fax" },
	{ 5, "LZW" },
	{ 6, "JPEG (old-style)" },
	{ 7, "JPEG" },
	{ 8, "Adobe Deflate" },
	{ 32773, "PackBits" },
	{ 32946, "Deflate" },
	{ 34712, "JPEG 2000" },
	{ 34713, "Nikon NEF Compressed" },
	{ 0, NULL },
};

static const struct tiff_word positioning[] = {
	{ 1, "Centered" },
	{ 2, "Co-sited" },
	{ 0, NULL },
};

static const struct tiff_word program[] = {
	{ 0, "Unidentified" },
	{ 1, "Manual" },
	{ 2, "Program Normal" },
	{ 3, "Aperture Priority" },
	{ 4, "Shutter Priority" },
	{ 5, "Program Creative" },
	{ 6, "Program Action" },
	{ 7, "Portrait Mode" },
	{ 8, "Landscape Mode" },
	{ 0, NULL },
};

static const struct tiff_word sensitivity[] = {
	{ 0, "Unknown" },
	{ 1, "Standard Output Sensitivity" },
	{ 2, "Recommended Exposure Index" },
	{ 3, "ISO Speed" },
	{ 0, NULL },
};

static const struct tiff_word components[] = {
	{ 0, "" },
	{ 1, "Y" },
	{ 2, "Cb" },
	{ 3, "Cr" },
	{ 4, "Red" },
	{ 5, "Green" },
	{ 6, "Blue" },
	{ 0, NULL },
};

static const struct tiff_word metering[] = {
	{ 0, "Unidentified" },
	{ 1, "Average" },
	{ 2, "CenterWeightedAverage" },
	{ 3, "Spot" },
	{ 4, "MultiSpot" },
	{ 5, "Pattern" },
	{ 6, "Partial" },
	{ 255, "other" },
	{ 0, NULL },
};

static const struct tiff_word light[] = {
	{ 0, "Unknown" },
	{ 1, "Daylight" },
	{ 2, "Fluorescent" },
	{ 3, "Tungsten (incandescent light)" },
	{ 4, "Flash" },
	{ 9, "Fine weather" },
	{ 10, "Cloudy weather" },
	{ 11, "Shade" },
	{ 12, "Daylight fluorescent (D 5700 - 7100K)" },
	{ 13, "Day white fluorescent (N 4600 - 5400K)" },
	{ 14, "Cool white fluorescent (W 3900 - 4500K)" },
	{ 15, "White fluorescent (WW 3200 - 3700K)" },
	{ 17, "Standard light A" },
	{ 18, "Standard light B" },
	{ 19, "Standard light C" },
	{ 20, "D55" },
	{ 21, "D65" },
	{ 22, "D75" },
	{ 23, "D50" },
	{ 24, "ISO studio tungsten" },
	{ 255, "other light source" },
	{ 0, NULL },
};

static const struct tiff_word flash[] = {
	{ 0, "Flash did not fire" },
	{ 1, "Flash fired" },
	{ 5, "Strobe return light not detected" },
	{ 7, "Strobe return light detected" },
	{ 9, "Flash fired, compulsory flash mode" },
	{ 13, "Flash fired, compulsory flash mode, return light not detected" },
	{ 15, "Flash fired, compulsory flash mode, return light detected" },
	{ 16, "Flash did not fire, compulsory flash mode" },
	{ 24, "Flash did not fire, auto mode" },
	{ 25, "Flash fired, auto mode" },
	{ 29, "Flash fired, auto mode, return light not detected" },
	{ 31, "Flash fired, auto mode, return light detected" },
	{ 32, "No flash function" },
	{ 65, "Flash fired, red-eye reduction mode" },
	{ 69, "Flash fired, red-eye reduction mode, return light not detected" },
	{ 71, "Flash fired, red-eye reduction mode, return light detected" },
	{ 73, "Flash fired, compulsory flash mode, red-eye reduction mode" },
	{ 77, "Flash fired, compulsory flash mode, red-eye reduction mode, "
	    "return light not detected" },
	{ 79, "Flash fired, compulsory flash mode, red-eye reduction mode, "
	    "return light detected" },
	{ 89, "Flash fired, auto mode, red-eye reduction mode" },
	{ 93, "Flash fired, auto mode, return light not detected, "
	    "red-eye reduction mode" },
	{ 95, "Flash fired, auto mode, return light detected, red-eye reduction mode" },
	{ 0, NULL },
};

static const struct tiff_word space[] = {
	{ 1, "sRGB" },
	{ 2, "Adobe RGB" },
	{ 65535, "Uncalibrated" },
	{ 0, NULL },
};

static const struct tiff_word sensing[] = {
	{ 1, "Not defined" },
	{ 2, "One-chip color area" },
	{ 3, "Two-chip color area" },
	{ 4, "Three-chip color area" },
	{ 5, "Color sequential area" },
	{ 7, "Trilinear" },
	{ 8, "Color sequential linear" },
	{ 0, NULL },
};

static const struct tiff_word source[] = {
	{ 1, "Film Scanner" },
	{ 2, "Reflection Print Scanner" },
	{ 3, "Digital Camera" },
	{ 0, NULL },
};

static const struct tiff_word scene[] = {
	{ 1, "Directly Photographed" },
	{ 0, NULL },
};

static const struct tiff_word rendered[] = {
	{ 0, "Normal" },
	{ 1, "Custom" },
	{ 0, NULL },
};

static const struct tiff_word exposure[] = {
	{ 0, "Auto Exposure" },
	{ 1, "Manual Exposure" },
	{ 2, "Auto Bracket" },
	{ 0, NULL },
};

static const struct tiff_word white[] = {
	{ 0, "Auto" },
	{ 1, "Manual" },
	{ 0, NULL },
};

static const struct tiff_word capture[] = {
	{ 0, "Standard" },
	{ 1, "Landscape" },
	{ 2, "Portrait" },
	{ 3, "Night" },
	{ 0, NULL },
};

static const struct tiff_word gain[] = {
	{ 0, "None" },
	{ 1, "Low gain up" },
	{ 2, "High gain up" },
	{ 3, "Low gain down" },
	{ 4, "High gain down" },
	{ 0, NULL },
};

static const struct tiff_word hardness[] = {
	{ 0, "Normal" },
	{ 1, "Soft" },
	{ 2, "Hard" },
	{ 0, NULL },
};

#define WORDS(list)	PRINT_WORDS, list
#define PLAIN		PRINT_PLAIN, NULL

/* In the order of their numbers, for the search. */
static const struct tiff_name main_names[] = {
	{ 0x00FE, "SubfileType", PLAIN },
	{ 0x00FF, "OldSubfileType", PLAIN },
	{ 0x0100, "ImageWidth", PLAIN },
	{ 0x0101, "ImageLength", PLAIN },
	{ 0x0102, "BitsPerSample", PLAIN },
	{ 0x0103, "Compression", WORDS(compression) },
	{ 0x0106, "PhotometricInterpretation", PLAIN },
	{ 0x0107, "Thresholding", PLAIN },
	{ 0x0108, "CellWidth", PLAIN },
	{ 0x0109, "CellLength", PLAIN },
	{ 0x010A, "FillOrder", PLAIN },
	{ 0x010D, "DocumentName", PLAIN },
	{ 0x010E, "ImageDescription", PLAIN },
	{ 0x010F, "Make", PLAIN },
	{ 0x0110, "Model", PLAIN },
	{ 0x0111, "StripOffsets", PLAIN },
	{ 0x0112, "Orientation", WORDS(orientation) },
	{ 0x0115, "SamplesPerPixel", PLAIN },
	{ 0x0116, "RowsPerStrip", PLAIN },
	{ 0x0117, "StripByteCounts", PLAIN },
	{ 0x0118, "MinSampleValue", PLAIN },
	{ 0x0119, "MaxSampleValue", PLAIN },
	{ 0x011A, "XResolution", PLAIN },
	{ 0x011B, "YResolution", PLAIN },
	{ 0x011C, "PlanarConfiguration", PLAIN },
	{ 0x011D, "PageName", PRINT_LETTERS, NULL },
	{ 0x011E, "XPosition", PLAIN },
	{ 0x011F, "YPosition", PLAIN },
	{ 0x0128, "ResolutionUnit", WORDS(resolution) },
	{ 0x0129, "PageNumber", PLAIN },
	{ 0x012D, "TransferFunction", PLAIN },
	{ 0x0131, "Software", PLAIN },
	{ 0x0132, "DateTime", PLAIN },
	{ 0x013B, "Artist", PLAIN },
	{ 0x013C, "HostComputer", PLAIN },
	{ 0x013D, "Predictor", PLAIN },
	{ 0x013E, "WhitePoint", PLAIN },
	{ 0x013F, "PrimaryChromaticities", PLAIN },
	{ 0x0140, "ColorMap", PLAIN },
	{ 0x0142, "TileWidth", PLAIN },
	{ 0x0143, "TileLength", PLAIN },
	{ 0x0144, "TileOffsets", PLAIN },
	{ 0x0145, "TileByteCounts", PLAIN },
	{ 0x014A, "SubIFDs", PLAIN },
	{ 0x0152, "ExtraSamples", PLAIN },
	{ 0x0153, "SampleFormat", PLAIN },
	{ 0x0200, "JPEGProc", PLAIN },
	{ 0x0201, "JPEGInterchangeFormat", PLAIN },
	{ 0x0202, "JPEGInterchangeFormatLength", PLAIN },
	{ 0x0211, "YCbCrCoefficients", PLAIN },
	{ 0x0212, "YCbCrSubSampling", PLAIN },
	{ 0x0213, "YCbCrPositioning", WORDS(positioning) },
	{ 0x0214, "ReferenceBlackWhite", PLAIN },
	{ 0x4746, "Rating", PLAIN },
	{ 0x828D, "CFARepeatPatternDim", PLAIN },
	{ 0x828E, "CFAPattern", PLAIN },
	{ 0x828F, "BatteryLevel", PLAIN },
	{ 0x8298, "Copyright", PLAIN },
	{ 0x829A, "ExposureTime", PLAIN },
	{ 0x829D, "FNumber", PLAIN },
	{ 0x83BB, "IPTC/NAA", PLAIN },
	{ 0x8769, "ExifOffset", PLAIN },
	{ 0x8773, "InterColorProfile", PLAIN },
	{ 0x8822, "ExposureProgram", WORDS(program) },
	{ 0x8824, "SpectralSensitivity", PLAIN },
	{ 0x8825, "GPSInfo", PLAIN },
	{ 0x8827, "ISOSpeedRatings", PLAIN },
	{ 0x8828, "OECF", PLAIN },
	{ 0x8830, "SensitivityType", WORDS(sensitivity) },
	{ 0x8832, "RecommendedExposureIndex", PLAIN },
	{ 0x8833, "ISOSpeed", PLAIN },
	{ 0x9000, "ExifVersion", PRINT_LETTERS, NULL },
	{ 0x9003, "DateTimeOriginal", PLAIN },
	{ 0x9004, "DateTimeDigitized", PLAIN },
	{ 0x9010, "OffsetTime", PLAIN },
	{ 0x9011, "OffsetTimeOriginal", PLAIN },
	{ 0x9012, "OffsetTimeDigitized", PLAIN },
	{ 0x9101, "ComponentsConfiguration", WORDS(components) },
	{ 0x9102, "CompressedBitsPerPixel", PLAIN },
	{ 0x9201, "ShutterSpeedValue", PLAIN },
	{ 0x9202, "ApertureValue", PLAIN },
	{ 0x9203, "BrightnessValue", PLAIN },
	{ 0x9204, "ExposureBiasValue", PLAIN },
	{ 0x9205, "MaxApertureValue", PLAIN },
	{ 0x9206, "SubjectDistance", PLAIN },
	{ 0x9207, "MeteringMode", WORDS(metering) },
	{ 0x9208, "LightSource", WORDS(light) },
	{ 0x9209, "Flash", WORDS(flash) },
	{ 0x920A, "FocalLength", PLAIN },
	{ 0x9214, "SubjectArea", PLAIN },
	{ 0x9286, "UserComment", PRINT_COMMENT, NULL },
	{ 0x9290, "SubSecTime", PLAIN },
	{ 0x9291, "SubSecTimeOriginal", PLAIN },
	{ 0x9292, "SubSecTimeDigitized", PLAIN },
	{ 0x9C9B, "XPTitle", PLAIN },
	{ 0x9C9C, "XPComment", PLAIN },
	{ 0x9C9D, "XPAuthor", PRINT_LETTERS, NULL },
	{ 0x9C9E, "XPKeywords", PLAIN },
	{ 0x9C9F, "XPSubject", PLAIN },
	{ 0xA000, "FlashPixVersion", PRINT_LETTERS, NULL },
	{ 0xA001, "ColorSpace", WORDS(space) },
	{ 0xA002, "ExifImageWidth", PLAIN },
	{ 0xA003, "ExifImageLength", PLAIN },
	{ 0xA004, "RelatedSoundFile", PLAIN },
	{ 0xA005, "InteroperabilityOffset", PLAIN },
	{ 0xA20B, "FlashEnergy", PLAIN },
	{ 0xA20C, "SpatialFrequencyResponse", PLAIN },
	{ 0xA20E, "FocalPlaneXResolution", PLAIN },
	{ 0xA20F, "FocalPlaneYResolution", PLAIN },
	{ 0xA210, "FocalPlaneResolutionUnit", PLAIN },
	{ 0xA214, "SubjectLocation", PLAIN },
	{ 0xA215, "ExposureIndex", PLAIN },
	{ 0xA217, "SensingMethod", WORDS(sensing) },
	{ 0xA300, "FileSource", WORDS(source) },
	{ 0xA301, "SceneType", WORDS(scene) },
	{ 0xA302, "CVAPattern", PLAIN },
	{ 0xA401, "CustomRendered", WORDS(rendered) },
	{ 0xA402, "ExposureMode", WORDS(exposure) },
	{ 0xA403, "WhiteBalance", WORDS(white) },
	{ 0xA404, "DigitalZoomRatio", PLAIN },
	{ 0xA405, "FocalLengthIn35mmFilm", PLAIN },
	{ 0xA406, "SceneCaptureType", WORDS(capture) },
	{ 0xA407, "GainControl", WORDS(gain) },
	{ 0xA408, "Contrast", WORDS(hardness) },
	{ 0xA409, "Saturation", WORDS(hardness) },
	{ 0xA40A, "Sharpness", WORDS(hardness) },
	{ 0xA40B, "DeviceSettingDescription", PLAIN },
	{ 0xA40C, "SubjectDistanceRange", PLAIN },
	{ 0xA420, "ImageUniqueID", PLAIN },
	{ 0xA430, "CameraOwnerName", PLAIN },
	{ 0xA431, "BodySerialNumber", PLAIN },
	{ 0xA432, "LensSpecification", PLAIN },
	{ 0xA433, "LensMake", PLAIN },
	{ 0xA434, "LensModel", PLAIN },
	{ 0xA435, "LensSerialNumber", PLAIN },
	{ 0xA500, "Gamma", PLAIN },
	{ 0xC4A5, "PrintIM", PLAIN },
	{ 0xC61A, "BlackLevel", PLAIN },
	{ 0xEA1C, "Padding", PLAIN },
	{ 0xEA1D, "OffsetSchema", PLAIN },
	{ 0xFDE8, "OwnerName", PLAIN },
	{ 0xFDE9, "SerialNumber", PLAIN },
};

static const struct tiff_name gps_names[] = {
	{ 0x0000, "GPSVersionID", PLAIN },
	{ 0x0001, "GPSLatitudeRef", PLAIN },
	{ 0x0002, "GPSLatitude", PLAIN },
	{ 0x0003, "GPSLongitudeRef", PLAIN },
	{ 0x0004, "GPSLongitude", PLAIN },
	{ 0x0005, "GPSAltitudeRef", PLAIN },
	{ 0x0006, "GPSAltitude", PLAIN },
	{ 0x0007, "GPSTimeStamp", PLAIN },
	{ 0x0008, "GPSSatellites", PLAIN },
	{ 0x0009, "GPSStatus", PLAIN },
	{ 0x000A, "GPSMeasureMode", PLAIN },
	{ 0x000B, "GPSDOP", PLAIN },
	{ 0x000C, "GPSSpeedRef", PLAIN },
	{ 0x000D, "GPSSpeed", PLAIN },
	{ 0x000E, "GPSTrackRef", PLAIN },
	{ 0x000F, "GPSTrack", PLAIN },
	{ 0x0010, "GPSImgDirectionRef", PLAIN },
	{ 0x0011, "GPSImgDirection", PLAIN },
	{ 0x0012, "GPSMapDatum", PLAIN },
	{ 0x0013, "GPSDestLatitudeRef", PLAIN },
	{ 0x0014, "GPSDestLatitude", PLAIN },
	{ 0x0015, "GPSDestLongitudeRef", PLAIN },
	{ 0x0016, "GPSDestLongitude", PLAIN },
	{ 0x0017, "GPSDestBearingRef", PLAIN },
	{ 0x0018, "GPSDestBearing", PLAIN },
	{ 0x0019, "GPSDestDistanceRef", PLAIN },
	{ 0x001A, "GPSDestDistance", PLAIN },
	{ 0x001B, "GPSProcessingMethod", PLAIN },
	{ 0x001C, "GPSAreaInformation", PLAIN },
	{ 0x001D, "GPSDate", PLAIN },
	{ 0x001E, "GPSDifferential", PLAIN },
};

static const struct tiff_name interop_names[] = {
	{ 0x0001, "InteroperabilityIndex", PLAIN },
	{ 0x0002, "InteroperabilityVersion", PLAIN },
	{ 0x1000, "RelatedImageFileFormat", PLAIN },
	{ 0x1001, "RelatedImageWidth", PLAIN },
	{ 0x1002, "RelatedImageLength", PLAIN },
};

static int
compare(const void *key, const void *row)
{
	return *(const uint16_t *)key - ((const struct tiff_name *)row)->tag;
}

const struct tiff_name *
tiff_name(enum tiff_group g, uint16_t tag)
{
	static const struct {
		const struct tiff_name *v;
		size_t n;
	} groups[] = {
#define TABLE(v)	{ v, sizeof(v) / sizeof((v)[0]) }
		[TIFF_MAIN] = TABLE(main_names), [TIFF_GPS] = TABLE(gps_names),
		[TIFF_INTEROP] = TABLE(interop_names),
#undef TABLE
	};

	return bsearch(&tag, groups[g].v, groups[g].n, sizeof(*groups[g].v),
	    compare);
}
